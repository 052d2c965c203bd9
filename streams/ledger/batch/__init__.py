"""What one transaction loads and saves."""

"""What an asset's problems add up to."""

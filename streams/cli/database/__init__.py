"""`rectify db`."""

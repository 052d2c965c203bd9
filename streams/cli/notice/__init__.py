"""`rectify notice`."""

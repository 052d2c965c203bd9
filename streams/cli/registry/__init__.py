"""`rectify registry`."""

"""`rectify policy`."""

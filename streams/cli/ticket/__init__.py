"""`rectify ticket`."""

"""Files of findings."""

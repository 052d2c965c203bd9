"""A deadline, told: why it is this day."""

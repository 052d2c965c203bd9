"""Files that hold a year's arrangement, and the built-in table."""

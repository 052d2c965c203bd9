"""Files that people hand over: read against limits, checked as a whole, faults named by line."""

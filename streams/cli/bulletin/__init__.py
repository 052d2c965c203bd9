"""`rectify bulletin`: the figures of a period, the documents made of them, and the issued ones."""

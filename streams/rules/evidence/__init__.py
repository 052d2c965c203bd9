"""Who has looked where, and what that proves."""

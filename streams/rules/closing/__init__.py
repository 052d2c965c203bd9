"""What closes tickets, what holds that back, and what is forgotten afterwards."""

"""What people may do, and what comes of it."""

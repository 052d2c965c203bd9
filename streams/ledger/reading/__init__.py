"""What people and polls ask; never inside a transaction."""

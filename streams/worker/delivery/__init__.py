"""From due notices to recorded deliveries."""

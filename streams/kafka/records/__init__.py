"""What lies on a topic, read against limits: compressed, old, or broken."""

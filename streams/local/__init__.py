"""Local servers: Kafka, a mail catcher, an SMS gateway."""

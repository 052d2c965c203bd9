"""Kafka without Faust: where the brokers are, what the topics are called, publishing and administration."""

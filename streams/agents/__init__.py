"""The shell: reads Kafka, calls the pure rules, commits, publishes."""

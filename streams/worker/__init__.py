"""A worker, put together from its parts: intake, delivery, relay, due watch."""

"""Short messages: one module per gateway."""

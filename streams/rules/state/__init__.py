"""What decisions are made on and what they change: records, inputs, snapshot, changes."""

"""What every command works with: output, session, failures."""

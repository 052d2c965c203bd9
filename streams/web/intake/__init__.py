"""`/intake/...`: findings, runs and rechecks of programs that come with a key."""

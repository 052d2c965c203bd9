"""`/policy`: what the rules are, who says so, and what another pack would change."""

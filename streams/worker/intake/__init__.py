"""From the fetches of a poll to a committed decision."""

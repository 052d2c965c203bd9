"""Data: the built-in arrangements (2004-2026) and the statutory days off."""

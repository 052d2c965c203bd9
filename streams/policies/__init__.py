"""Data: the policy packs that come with the program."""

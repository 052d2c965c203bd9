"""Hostile input: what anybody could send or hand in, made at random, seeded and repeatable. `make fuzz` is the long form."""

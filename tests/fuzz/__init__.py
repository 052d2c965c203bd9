"""Hostile input: what anybody could send or hand in, at random and repeatable. `make fuzz` is the long form."""

"""Real checkers on a small site."""

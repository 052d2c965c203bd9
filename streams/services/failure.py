"""What was asked cannot be done, and why."""

from __future__ import annotations


class Failure(Exception):
    """A command cannot do what it was asked; exit code 1, and the text is for the person at the terminal."""

"""The command `rectify`: one file for each group of commands; none of them holds a rule of the domain."""

from streams.cli.terminal.root import main

__all__ = ["main"]

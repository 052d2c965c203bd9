"""`rectify demo`: the whole loop on what six published notices say, with an accelerated clock. See scenario.py."""

from streams.demo.main import main

__all__ = ["main"]

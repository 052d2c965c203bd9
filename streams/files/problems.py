"""What is wrong with a file that somebody hands over."""

from __future__ import annotations


class FileFault(Exception):
    """The file cannot be taken; the text is for whoever handed it over, and names the line where there is one."""

"""The heap of a worker's process: what large messages leave behind goes back to the system (rule O-16).

glibc asks the system for a large block by itself, and gives it back when it is freed. But with the first that is freed
it takes larger and larger ones, of up to 32 MiB, from the common heap, and a thread that reads has a heap of its own:
small things that stay keep what lies between them from being given back, up to 100 MiB.
"""

from __future__ import annotations

import ctypes
from typing import Final

# Of malloc.h; once the threshold is set it stays.
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE: Final = 128 * 1024  # bytes


def give_large_blocks_back() -> None:
    """For the life of the process; where the C library has no such settings, nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_ARENA_MAX, 1)

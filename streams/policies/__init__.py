"""Policy packs as files: the built-in default, and a file of one's own that extends it."""

from __future__ import annotations

from streams.policies.loading import PolicyError, Problem, load_policy

__all__ = ["PolicyError", "Problem", "load_policy"]

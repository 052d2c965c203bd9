"""Policy packs as files: those that come with the program, and files of one's own that extend them."""

from __future__ import annotations

from streams.policies.loading import LoadedPack, PolicyError, load_pack, load_policy, shipped_packs

__all__ = ["LoadedPack", "PolicyError", "load_pack", "load_policy", "shipped_packs"]

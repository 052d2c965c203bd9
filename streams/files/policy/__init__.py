"""Policy packs as files."""

"""Versions, backup, forgetting, carrying over."""

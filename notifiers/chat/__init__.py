"""Robots in chat groups: copies of escalations, one module per platform."""

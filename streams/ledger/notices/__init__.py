"""Notices, deliveries, and what providers call them."""

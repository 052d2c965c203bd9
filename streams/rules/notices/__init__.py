"""Whom to tell, by which channel; nothing is sent here."""

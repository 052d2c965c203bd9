"""A policy pack, told."""

"""Consuming through Faust: the only place that knows it."""

"""Tickets: opened, joined, grouped, reopened, closed."""

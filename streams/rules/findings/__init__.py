"""Findings: new, known, gone, or judged by a person."""

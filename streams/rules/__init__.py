"""The rules of rectification, pure: no I/O, no clock, no logging; each rule is numbered in docs/rules."""

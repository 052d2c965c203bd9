"""How fast the worker is, beside others that do a part of its work: `make bench`."""

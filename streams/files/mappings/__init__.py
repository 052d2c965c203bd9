"""Reports of checkers, read by mappings that operators write."""

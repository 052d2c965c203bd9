"""Reports of tools, read by mappings."""

"""Registry files: YAML, workbooks, CSV."""

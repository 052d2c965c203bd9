"""The two databases behind one narrow port."""

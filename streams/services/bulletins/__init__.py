"""Bulletins 通报: their figures, documents, and the issued ones."""

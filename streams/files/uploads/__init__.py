"""Files that people upload as evidence: what they are by their first bytes, and where they lie."""

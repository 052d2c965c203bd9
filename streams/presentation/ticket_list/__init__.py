"""The list of tickets as people read it: a row and its columns, the same on pages, in sheets and on the terminal."""

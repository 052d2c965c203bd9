"""The list of tickets, in one shape for pages, terminal, sheets and counts.

filter.py    which tickets, and in which order
cursor.py    a place in the list, as text that nobody needs to understand
lanes.py     the filter as ranges of indexes, each of which the database reads from one end
listing.py   a page, its neighbours, and how many there are
words.py     what somebody looks for, as conditions
names.py     what somebody looks for by name or number, as row numbers
reports.py   what units have reported of the tickets of a page
"""

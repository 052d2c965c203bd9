"""`/api/v1/...`: what programs read and do, with a key. The document of it is openapi.json, made by openapi.py.

access.py     who asks, and of which units anything is seen
answers.py    pages with cursors, ETag
tickets.py    a ticket, its events, problems, notices
registry.py   assets, units, held runs
commands.py   one act about a ticket
findings.py   what became of a message
"""

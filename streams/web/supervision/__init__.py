"""The desk 督查台: what waits for those who supervise, in numbers, each of which leads to exactly its rows.

routes.py    the addresses
numbers.py   a number: a query and how many rows it has
overview.py  the page one comes to after a login
lists.py     what waits and is no ticket: rows, page by page
held_runs.py runs that wait for a decision: which, what they would close, accepted or rejected
producer_runs.py  those of one producer, decided about together
ranking.py   units of a period, side by side
notices.py   a notice that did not arrive, sent once more
charts.py    what came, ended and is open, as tables that a script draws
"""

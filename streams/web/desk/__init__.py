"""What every page of the desk stands on: who comes, what the pages have in common, how somebody acts there.

sessions.py    a browser that is logged in, and its cookie
visits.py      a request of somebody who is logged in: `Looking`, `Exporting`, `Handling` ... are dependencies of routes
forms.py       a form of ours, read: `filled_in`
acting.py      commands of whoever is logged in, carried out; where the page goes from there
navigation.py  the pages in the head, one row each
"""

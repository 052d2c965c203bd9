"""Bulletins 通报: the issued ones, drafts of a period, and the list behind each number.

routes.py   the addresses
asked.py    a period as an address says it; whose bulletins a viewer sees
listing.py  the issued ones, and the question for a new draft
figures.py  a document's figures as a page shows them, each number a link
draft.py    a draft: its figures, fields by hand, issuing it
typed.py    fields that are typed by hand, kept by period and area
issuing.py  a draft becomes a record
issued.py   one issued bulletin
rows.py     the rows behind a number
files.py    the documents, as files
"""

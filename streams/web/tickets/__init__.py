"""The ledger 台账 in a browser: the list, one ticket, what is done about it, sheets and slips.

routes.py    the addresses
asked.py     what an address asks of the list: filters, columns, and the addresses with one thing changed
opened.py    the list that it means to whoever asks
listing.py   the page of the list, and its workbook
single.py    the page of one ticket, its files
bulk.py      one act about many
views.py     saved views: a name for a query string
printing.py  a ticket on paper
acts.py      the forms of acts, read and carried out
fields.py    the fields of these forms
"""

"""The registry 名录 in a browser: units, contacts, assets, guarded periods, producers; looked at, edited, imported.

routes.py     the addresses
units.py      the tree of units, one unit
assets.py     the list of assets, one asset
standing.py   guarded periods, producers
records.py    the fields of a record's form, and how they are read
editing.py    a record changed
exporting.py  the registry as a workbook
importing.py  a file taken in: what it would change, and its publication
"""

"""What changes while somebody looks at a page, told to the page that is open.

routes.py    the address that pages listen to
"""

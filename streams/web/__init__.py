"""The pages: `rectify web`. They read the ledger, and act by publishing commands; they decide nothing about a ticket.

serving.py     the process: parts opened, uvicorn, a stop in order
parts.py       what can be served: one row each (`--serve`)
app.py         the application: guards around the parts, health, faults in words
premises.py    what every handler stands on, built once
commanding.py  commands published and awaited
acting.py      what somebody has submitted, carried out
outcomes.py    what became of it, by the event
evidence.py    files that come with a claim
guard/         headers, sizes of bodies, who asks, how often
forms/         what people send: fields, files, and the nonce of a form
bearer.py      programs that come with a key
intake/        what programs hand in
api/           what programs read and do
links/         the unit's page behind a letter's link
desk/          what every page of the desk stands on: who comes, forms, acting
supervision/   the desk 督查台: what waits, in numbers that lead to their rows; held runs decided
accounts/      logging in and out, one's account
guide/         the units' guide 责任单位办理指南, with its pictures; docs/zh leads here
templates/     Jinja; static/ one style sheet, one small script
"""

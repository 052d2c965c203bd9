"""`/calendar`: the working days of a year; another arrangement looked at before it is put in."""

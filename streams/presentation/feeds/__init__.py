"""What calendars and readers of news subscribe to: deadlines as iCalendar, escalations as Atom."""

"""Feeds: what calendars and readers of news subscribe to, by a link that is a key."""

"""What goes out now: quiet hours, digests, fallbacks, alarms."""

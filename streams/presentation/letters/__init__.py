"""Letters: mails, short messages, cards, calendar entries."""

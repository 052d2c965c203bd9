"""Getting one message to one person. Knows nothing of streams, tickets' life or databases."""

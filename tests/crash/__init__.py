"""Under fire: workers, broker and database are killed at random, and the end is compared with the input alone."""

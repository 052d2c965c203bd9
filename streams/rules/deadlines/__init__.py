"""Until when, counted how, and the steps on the way there."""

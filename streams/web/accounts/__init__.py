"""`/login`, `/logout`, `/account`: who one is, and what one's account has open."""

"""How a bulletin is told: figures as they are printed, rows with labels, what contradicts; pure."""

"""How it is told to a person: pure, and shared by terminal, letters, pages and documents."""

"""What is handed to whoever helps from outside: nothing secret, and nobody."""

"""Reading one message: its envelope, its signature, the identity of its problem; or why it is refused."""

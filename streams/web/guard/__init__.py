"""What stands before every page: headers, bodies, addresses, rates."""

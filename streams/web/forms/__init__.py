"""What people send: fields, files, and the nonce of the form that they filled in."""

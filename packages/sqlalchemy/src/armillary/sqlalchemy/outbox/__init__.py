"""Messages recorded in a transaction, and their delivery after it committed."""

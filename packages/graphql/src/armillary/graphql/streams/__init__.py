"""Results over server-sent events and multipart bodies."""

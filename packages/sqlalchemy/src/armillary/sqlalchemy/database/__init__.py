"""A database: its URL and engines, how a connection is acquired, how it starts, is checked and closed."""

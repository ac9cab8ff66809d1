"""Responses whose body is produced while it is sent."""

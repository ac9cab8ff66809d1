"""The transaction of a request: begun, kept or undone, run again after a conflict."""

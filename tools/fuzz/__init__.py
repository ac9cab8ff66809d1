"""Fuzzing of every parser of what a client sends; see `run.py`."""

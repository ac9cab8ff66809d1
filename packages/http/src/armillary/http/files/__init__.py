"""Responses of files."""

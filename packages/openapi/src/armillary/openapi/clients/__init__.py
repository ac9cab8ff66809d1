"""Clients written from a document."""

from ._typescript import typescript_client

__all__ = ["typescript_client"]

"""What changed between two documents, and which of it breaks clients."""

from ._compare import Change, compare

__all__ = ["Change", "compare"]

"""What a response declares of its length, of HTTP or of a handshake that is denied."""

from __future__ import annotations

from ._error import fail


class DeclaredLength:
    """A `content-length` and the body bytes counted against it."""

    def __init__(self, where: str, headers: list[tuple[bytes, bytes]]) -> None:
        self._where = where
        self.declared = self._read(headers)
        self.sent = 0
        self.countable = True

    def _read(self, headers: list[tuple[bytes, bytes]]) -> int | None:
        values = [value for name, value in headers if name == b"content-length"]
        if not values:
            return None
        if len(values) > 1:
            fail(self._where, f"there are {len(values)} content-length headers", "send one")
        if not values[0].isdigit():
            fail(self._where, f"the content-length is {values[0]!r}", "send decimal digits")
        return int(values[0])

    def count(self, size: int) -> None:
        """Add body bytes; fail as soon as there are too many."""
        self.sent += size
        if self.declared is not None and self.sent > self.declared:
            fail(
                self._where,
                f"the body has {self.sent} bytes or more but content-length says {self.declared}",
                "send the length of the whole body, or no content-length",
            )

    def finish(self) -> None:
        """Fail if the complete body is too short."""
        if self.countable and self.declared is not None and self.sent < self.declared:
            fail(
                self._where,
                f"the body ended after {self.sent} bytes but content-length says {self.declared}",
                "send the length of the whole body, or no content-length",
            )

"""Decoding a large JSON text in pieces, so that a thread that decodes it lets other threads run in between.

The decoder of the standard library is one call, during which no other thread runs Python: in a worker thread too it
would keep the event loop waiting, for half a second per 16 MiB.

Steps
-----
1. The text is cut after a comma outside of strings, some 64 KiB from the last cut.
2. A piece is made a value of its own: in front of it the containers that are open are opened again, behind it those are
   closed that are open at its end. Where the decoder objects is where the text is malformed.
3. What a piece adds to the containers that were open before it is moved into those.

    {"a": [1, 2,      {"a": [1, 2, "mark"]}       is {"a": [1, 2]} with two open containers
    3], "b": 4}       {"mark": [3], "b": 4}       adds 3 to the inner one, and "b" to the outer one

The marks are texts that no client can know.
"""

from __future__ import annotations

import re
from os import urandom
from typing import Any, Final, TypeAlias

from ._json_decoding import (
    MAX_DEPTH,
    OUTSIDE_PATTERN,
    TOO_DEEP,
    Misplaced,
    bracket_offset,
    brackets_of,
    decode_whole,
    describe,
    first_too_deep,
    scan,
)

PIECE_SIZE: Final = 64 * 1024
LARGE: Final = 1024 * 1024
"""Bytes above which a text is decoded in pieces: what is smaller takes a few milliseconds."""

_UP_TO_A_COMMA = re.compile(rb'(?:(?:[^",]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+,)++', re.DOTALL)
_WHITE_SPACE: Final = b" \t\n\r"
_PAIRS: Final = {ord("]"): ord("["), ord("}"): ord("{")}
_REDUCTIONS: Final = 8
_TRIES: Final = 3

Container: TypeAlias = "list[Any] | dict[str, Any]"


def decode_json(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, decoded by the standard library.

    NaN, infinities, numbers too large for a float, and nesting deeper than `MAX_DEPTH` are rejected. A text of more
    than 1 MiB is decoded in pieces, between which other threads run.

    Raises:
        ValueError: it is not JSON in UTF-8 (RFC 8259).

    >>> decode_json(b'{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    if len(body) <= MAX_DEPTH:  # as most are: these cannot nest too deep
        return scan(body)
    return decode_whole(body) if len(body) <= LARGE else Pieces(body).decode()


class Pieces:
    """The pieces of one text.

    Args:
        body: the text.
        size: bytes of a piece, about.
    """

    def __init__(self, body: bytes, size: int = PIECE_SIZE) -> None:
        self._body = body
        self._size = size
        self._mark = urandom(12).hex()  # the name of the member that goes on
        self._end_mark = f"{self._mark}."
        # The containers that are open where the last piece ended, the outermost first, and how each was opened.
        self._open: list[Container] = []
        self._kinds = bytearray()

    def decode(self) -> Any:
        """Return the value."""
        start = 0
        root: Any = None
        is_first = True
        while True:
            end = self._end_of_piece(start)
            value = self._decode_piece(start, end, is_first)
            root = value if is_first else root
            is_first = False
            if end is None:
                return root
            start = end

    def _end_of_piece(self, start: int) -> int | None:
        """Return where the piece ends, behind a comma; None if the rest has none, or is short."""
        size = self._size
        while start + size < len(self._body):
            end = self._end_of_last_comma(start, start + size)
            if end is not None:
                return end
            size *= 2  # a long string
        return None

    def _end_of_last_comma(self, start: int, stop: int) -> int | None:
        """Return where the last comma outside of strings ends; None if there is none."""
        for _ in range(_TRIES):
            comma = self._body.rfind(b",", start, stop)
            if comma < 0:
                return None
            outside = OUTSIDE_PATTERN.match(self._body, start, comma)
            stop = start if outside is None else outside.end()
            if stop == comma:
                return comma + 1
        # Commas in strings, most likely: each is looked at once.
        found = _UP_TO_A_COMMA.match(self._body, start, stop)
        return None if found is None else found.end()

    def _decode_piece(self, start: int, end: int | None, is_first: bool) -> Any:
        """Decode a piece, and add it to the open containers."""
        piece = self._body[start:] if end is None else self._body[start : end - 1]
        before = self._opening()
        if not is_first and piece.lstrip(_WHITE_SPACE)[:1] in (b"]", b"}"):
            # The comma was the last thing in its container: the decoder objects to one in front of it.
            before += b"0," if self._kinds[-1] == ord("[") else b'"":0,'
        kept = self._follow(piece, start)
        if end is not None and not self._kinds:
            after = b""  # the decoder objects to what follows the value
            piece += b","
        else:
            after = b"" if end is None else self._closing()
        try:
            value = scan(before + piece + after)
        except (ValueError, RecursionError) as exc:
            problem, offset = describe(exc, before + piece + after)
            raise Misplaced(problem, None if offset is None else start + offset - len(before)) from None
        opened = self._open_in(value, bytes(self._kinds)) if end is not None else []
        if opened is None:  # what looks like the end of a container was that of another
            raise Misplaced("the text ends within another value", end)
        self._add(value)
        self._open = self._open[:kept] + opened[kept:]
        return value

    def _opening(self) -> bytes:
        """Return what opens the containers again that are open."""
        mark = f'{{"{self._mark}":'.encode()
        last = len(self._kinds) - 1
        return b"".join(
            [b"[" if kind == ord("[") else mark if place < last else b"{" for place, kind in enumerate(self._kinds)]
        )

    def _closing(self) -> bytes:
        """Return what closes the open containers, behind a mark in the innermost."""
        mark = f',"{self._end_mark}"'.encode() + (b":0" if self._kinds[-1] == ord("{") else b"")
        return mark + bytes(kind + 2 for kind in reversed(self._kinds))

    def _follow(self, piece: bytes, start: int) -> int:
        """Open and close containers as a piece does; return how many stay open throughout.

        Raises:
            Misplaced: they nest too deep.
        """
        brackets = brackets_of(piece)
        if len(self._kinds) + len(brackets) > MAX_DEPTH:
            bracket = first_too_deep(piece, MAX_DEPTH - len(self._kinds))
            if bracket is not None:
                offset = bracket_offset(piece, bracket)
                place = None if offset is None else start + offset
                raise Misplaced(TOO_DEEP, place)
        for _ in range(_REDUCTIONS):
            size = len(brackets)
            brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(brackets) == size:
                break
        kept = len(self._kinds)
        for bracket in brackets:
            pair = _PAIRS.get(bracket)
            if pair is None:
                self._kinds.append(bracket)
            elif self._kinds and self._kinds[-1] == pair:
                self._kinds.pop()
                kept = min(kept, len(self._kinds))
            else:
                break  # malformed, as the decoder will say
        return kept

    def _open_in(self, value: Any, kinds: bytes) -> list[Container] | None:
        """Return the containers of a piece that are open at its end; they end with the mark, which is removed."""
        if not kinds:
            return []
        is_array = kinds[0] == ord("[")
        if not has_type(value, list if is_array else dict):
            return None
        if len(kinds) == 1:
            return [value] if self._remove_end_mark(value, is_array) else None
        # The last one, unless its name was there before: then it has the place of the first.
        for member in value[-1:] if is_array else reversed(value.values()):
            inner = self._open_in(member, kinds[1:])
            if inner is not None:
                return [value, *inner]
        return None

    def _remove_end_mark(self, container: Any, is_array: bool) -> bool:
        """Remove the mark at the end of a container; return whether it was there."""
        if not is_array:
            return bool(container.pop(self._end_mark, None) == 0)
        if not container or container[-1] != self._end_mark:
            return False
        container.pop()
        return True

    def _add(self, value: Any) -> None:
        """Add what a piece has to the containers that were open before it."""
        for place, container in enumerate(self._open):
            inner: Any = None
            if place < len(self._open) - 1:
                inner = value.pop(0 if isinstance(container, list) else self._mark)
            if isinstance(container, list):
                container += value
            else:
                container |= value
            value = inner


def has_type(value: object, kind: type) -> bool:
    return type(value) is kind

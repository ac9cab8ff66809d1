"""Header fields whose value is a list, which may come in several lines (RFC 9110 section 5.3).

Facts
-----
- Lines of one name mean the same as one line with their values joined by commas, in their order.
- A peer may send as many lines as fit its headers: joining them one by one copies what was joined before each time,
  so that a request of 3 MB would take a minute. Here the work is linear, and what is joined is capped.
- Names are compared in lower case; what other software sends may have capitals.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

MAX_CACHED_SIZE: Final = 256

RawHeader = tuple[bytes, bytes]

MAX_LIST_SIZE: Final = 64 * 1024
"""How many bytes of one list header are read. Servers accept less than that in all headers together."""


def joined_lines(headers: Iterable[RawHeader], name: bytes) -> bytes | None:
    """Return the value of a list header, its lines joined by ", "; None if there is none.

    Lines that begin beyond `MAX_LIST_SIZE` bytes are left out, and so is what a member has beyond it.

    Args:
        headers: raw header pairs, names in any case.
        name: in lower case.

    >>> joined_lines([(b"accept-encoding", b"gzip"), (b"host", b"x"), (b"Accept-Encoding", b"br")], b"accept-encoding")
    b'gzip, br'
    """
    found: list[bytes] = []
    size, length = 0, len(name)
    for present, value in headers:
        # The length is compared first: `lower` of every name would make a copy of each.
        if len(present) == length and present.lower() == name:
            found.append(value)
            size += len(value) + 2
            if size > MAX_LIST_SIZE:
                break
    if not found:
        return None
    return b", ".join(found)[:MAX_LIST_SIZE] if len(found) > 1 or size > MAX_LIST_SIZE else found[0]


def list_members(value: bytes) -> list[bytes]:
    """Return the members of a list of tokens, without the white space around them and without empty ones.

    >>> list_members(b"Origin,, Accept-Encoding ")
    [b'Origin', b'Accept-Encoding']
    """
    return [member for member in map(bytes.strip, value.split(b",")) if member]


def add_list_members(headers: Iterable[RawHeader], name: bytes, *members: bytes) -> list[RawHeader]:
    """Return headers in which one line of a list header has these members, each once.

    Members are compared without regard to case; a `*` that is there stands for all of them, as in `Vary` (RFC 9110
    section 12.5.5). The line stays at the place of the first one; without one it is added at the end.

    Args:
        headers: raw header pairs, names in any case. They are not changed.
        name: in lower case.
        *members: tokens to add.

    >>> add_list_members([(b"Vary", b"Origin"), (b"etag", b"1"), (b"vary", b"Cookie")], b"vary", b"origin", b"Accept")
    [(b'vary', b'Origin, Cookie, Accept'), (b'etag', b'1')]
    """
    kept: list[RawHeader] = []
    found: list[bytes] = []
    place = -1
    size = len(name)
    for field in headers:
        if len(field[0]) == size and field[0].lower() == name:
            if place < 0:
                place = len(kept)
                kept.append(field)
            found.append(field[1])
        else:
            kept.append(field)
    if place < 0:
        kept.append((name, members[0] if len(members) == 1 else merged_members(b"", members)))
        return kept
    value = found[0] if len(found) == 1 else b", ".join(found)
    merge = merged_members if len(value) <= MAX_CACHED_SIZE else merged_members.__wrapped__
    kept[place] = (name, merge(value, members))
    return kept


@lru_cache(maxsize=256)
def merged_members(value: bytes, members: tuple[bytes, ...]) -> bytes:
    """Return a list with further members, each once; applications set few different ones."""
    known: dict[bytes, bytes] = {}
    for member in (*list_members(value), *members):
        known.setdefault(member.lower(), member)
    return b"*" if b"*" in known else b", ".join(known.values())

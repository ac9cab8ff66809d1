"""Which content coding a client wants (RFC 9110 section 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from armillary.datastructures import parse_accept

IDENTITY = "identity"
ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}


class Preference(NamedTuple):
    """The coding to use, None for none, and whether the client rejects a body without one."""

    coding: str | None
    rejects_identity: bool = False


def prefer(accept_encoding: str, offered: Sequence[str]) -> Preference:
    """Choose among the offered codings.

    The coding of the highest weight is chosen; of equal weights the one offered first. A client
    that gives no header, or weighs `identity` above every offered coding, gets none. If it
    rejects all that is offered and `identity` too, it gets a body without a coding.

    Args:
        accept_encoding: the value of the header, "" if there is none.
        offered: names of codings in lower case, the best first.

    >>> prefer("gzip, br;q=0.9", ["br", "gzip"])
    Preference(coding='gzip', rejects_identity=False)
    >>> prefer("gzip;q=0, *", ["gzip", "br"]).coding
    'br'
    """
    weights: dict[str, float] = {}
    for member in parse_accept(accept_encoding):
        weights.setdefault(ALIASES.get(member.value, member.value), member.q)
    rest = weights.get("*", 0.0)
    identity = weights.get(IDENTITY)
    best, best_weight = None, 0.0
    for name in offered:
        weight = weights.get(name, rest)
        if weight > best_weight:
            best, best_weight = name, weight
    if best is None or (identity is not None and identity > best_weight):
        return Preference(None)
    return Preference(best, weights.get(IDENTITY, weights.get("*", 1.0)) == 0.0)

"""Weighted lists: Accept, Accept-Encoding, Accept-Language, TE (RFC 9110 section 12.4.2)."""

from __future__ import annotations

from typing import NamedTuple

from ._quoted import split_quoted

_DIGITS = frozenset("0123456789")


class Weighted(NamedTuple):
    """A member of a weighted list. `q` is from 0.0 (not acceptable) to 1.0."""

    value: str
    q: float


def parse_accept(header: str) -> list[Weighted]:
    """Return the members of a weighted list, the most wanted first.

    Args:
        header: the value of an Accept, Accept-Encoding, Accept-Language or TE header.

    Returns:
        Values in lower case, other parameters kept as `;name=value`; those of equal weight in the
        order received. A weight of 0 is kept, since it refuses. A member whose weight is
        malformed is left out.

    >>> parse_accept("gzip;q=0.5, br, identity;q=0")
    [Weighted(value='br', q=1.0), Weighted(value='gzip', q=0.5), Weighted(value='identity', q=0.0)]
    """
    members: list[Weighted] = []
    for member in split_quoted(header, ","):
        value, *parameters = split_quoted(member, ";")
        weight: float | None = 1.0
        for parameter in parameters:
            name, _, text = parameter.partition("=")
            if name.strip(" \t").lower() == "q":
                weight = parse_weight(text.strip(" \t"))
                break  # what follows the weight belongs to the weight (RFC 7231 accept-ext)
            value += ";" + parameter
        if weight is not None:
            members.append(Weighted(value.lower(), weight))
    members.sort(key=lambda member: -member.q)
    return members


def parse_weight(text: str) -> float | None:
    """Return a qvalue as a number; None where it is not `0`, `1` or one of them with three decimals.

    >>> parse_weight("0.25"), parse_weight("1.5")
    (0.25, None)
    """
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or len(decimals) > 3 or not _DIGITS.issuperset(decimals):
        return None
    weight = float(text)
    return weight if weight <= 1 else None

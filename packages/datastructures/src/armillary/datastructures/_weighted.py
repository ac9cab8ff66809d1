"""Weighted lists: Accept, Accept-Encoding, Accept-Language, TE (RFC 9110 section 12.4.2)."""

from functools import lru_cache
from typing import NamedTuple

from ._quoted import split_quoted

_DIGITS = frozenset("0123456789")
_MAX_CACHED = 256


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
        order received. A weight of 0 (rejected) is kept. A member whose weight is
        malformed is left out.

    >>> parse_accept("gzip;q=0.5, br, identity;q=0")
    [Weighted(value='br', q=1.0), Weighted(value='gzip', q=0.5), Weighted(value='identity', q=0.0)]
    """
    return list(_known(header) if len(header) <= _MAX_CACHED else _parse(header))


def _parse(header: str) -> list[Weighted]:
    members: list[Weighted] = []
    for member in split_quoted(header, ","):
        parsed = _parse_member(member) if ";" in member else Weighted(member.lower(), 1.0)
        if parsed is not None:
            members.append(parsed)
    members.sort(key=_negative_weight)
    return members


# Clients of one kind all send the same header.
_known = lru_cache(maxsize=128)(_parse)


def _negative_weight(member: Weighted) -> float:
    return -member.q


def _parse_member(member: str) -> Weighted | None:
    value, _, rest = member.partition(";")
    value = value.rstrip(" \t").lower()
    if not value:
        return None
    for parameter in split_quoted(rest, ";"):
        name, _, text = parameter.partition("=")
        if name.strip(" \t").lower() == "q":
            # What follows the weight is an extension of the header, not a part of the value.
            weight = parse_weight(text.strip(" \t"))
            return None if weight is None else Weighted(value, weight)
        value += ";" + parameter
    return Weighted(value, 1.0)


def parse_weight(text: str) -> float | None:
    """Return a qvalue as a number; None if it is not `0`, `1` or one of them with three decimals.

    >>> parse_weight("0.25"), parse_weight("1.5")
    (0.25, None)
    """
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or len(decimals) > 3 or not _DIGITS.issuperset(decimals):
        return None
    weight = float(text)
    return weight if weight <= 1 else None

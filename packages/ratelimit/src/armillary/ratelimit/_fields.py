"""The RateLimit fields of draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4: Lists of Items (RFC 9651)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from ._rule import Rule

Header = tuple[bytes, bytes]


class Count(NamedTuple):
    """What is left of a rule's quota for one client, and the seconds until it is reset or grows again."""

    rule: Rule
    allowed: bool
    remaining: int
    reset: float

    @property
    def wait(self) -> int:
        """The same in whole seconds, none too early."""
        return max(0, ceil(self.reset))


def rate_limit_fields(counts: Sequence[Count]) -> list[Header]:
    """Return RateLimit-Policy and RateLimit.

    >>> rate_limit_fields([Count(Rule("5/minute", name="login"), True, 3, 41.2)])
    [(b'ratelimit-policy', b'"login";q=5;w=60'), (b'ratelimit', b'"login";r=3;t=42')]
    """
    policies = ", ".join(f'"{rule.label}";q={rule.quota};w={rule.window}' for rule, *_ in counts)
    limits = ", ".join(f'"{count.rule.label}";r={count.remaining};t={count.wait}' for count in counts)
    return [(b"ratelimit-policy", policies.encode("ascii")), (b"ratelimit", limits.encode("ascii"))]

"""Which requests are limited, and to how many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from limits import RateLimitItem, parse_many

from armillary.asgi_types import Scope
from armillary.datastructures import PathPatterns, is_token

NO_TIME = re.compile(r"(/|per)\s*0+\s*[a-z]", re.IGNORECASE)
"""A limit in 0 units of time, which the limits library reads as 1."""

LARGEST_INTEGER = 999_999_999_999_999
"""The largest number in a structured field (RFC 9651 section 3.3.1)."""

Key = Callable[[Scope], str | None]
"""Returns the client a request is counted for; None if the rule does not apply."""


@dataclass(frozen=True)
class Rule:
    """A number of requests in a time, for each client.

    Args:
        limit: such as "100/minute", "5 per 10 seconds" or "1000/day".
        path: "*" (default) for every path, "/login" for one, "/api/*" for "/api" and everything below.
            It is compared with the whole path of the request, percent-decoded, in which slashes that are
            repeated or at the end do not count; with the path below the server's `root_path` and below
            the mount that the middleware is in; and with the template of its route, such as
            "/users/{id}", if a router further out has recorded one.
        methods: such as `["POST"]`; None (default) for every method. "GET" counts HEAD, too, which
            runs the same handler.
        key: whom a request is counted for; None (default) for the middleware's own key.
        name: what the limit is called in the RateLimit fields, and under which it is counted; by
            default made from path and limit.

    Raises:
        TypeError: a string instead of a list, something else instead of text or a function.
        ValueError: a limit that cannot be read, is 0, in no time or has more than 15 digits, several limits, a path
            that is not absolute, something that is no method, a name that cannot be in a header.

    >>> Rule("5/minute", "/login", methods=["POST"]).matches("POST", "/login")
    True
    """

    limit: str
    path: str = "*"
    methods: Sequence[str] | None = None
    key: Key | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.quota < 1:
            raise ValueError(f"limit: {self.limit!r} lets nothing through; the number must be 1 or more")
        if NO_TIME.search(self.limit):
            raise ValueError(f"limit: {self.limit!r} is for no time; write a number of 1 or more before the unit")
        if max(self.quota, self.window) > LARGEST_INTEGER:
            raise ValueError(f"limit: {self.limit!r} cannot be in a header; numbers are at most {LARGEST_INTEGER}")
        _ = self.paths
        if self.methods is not None and not self.methods:
            raise ValueError("methods is empty; leave it out for every method")
        for method in self.methods or ():
            if not is_token(method):
                raise ValueError(f"methods: {method!r} is not the name of a method")
        if not is_printable_ascii(self.label):
            raise ValueError(f"name: {self.label!r} cannot be in a header; use printable ASCII without quotes")

    def _check_kinds(self) -> None:
        given: dict[str, Any] = {"path": self.path, "name": "" if self.name is None else self.name}
        if not isinstance(self.limit, str):
            raise TypeError(f"limit is text such as '100/minute', got {self.limit!r}")
        for parameter, value in given.items():
            if not isinstance(value, str):
                raise TypeError(f"{parameter} is text, got {value!r}")
        if isinstance(self.methods, str):
            raise TypeError(f"methods is a list; write [{self.methods!r}]")
        for method in self.methods or ():
            if not isinstance(method, str):
                raise TypeError(f"methods: {method!r} is not the name of a method")
        if self.key is not None and not callable(self.key):
            raise TypeError(f"key is a function of the scope, got {self.key!r}")

    @cached_property
    def item(self) -> RateLimitItem:
        """The limit as the limits library has it."""
        try:
            items = parse_many(self.limit)
        except ValueError:
            raise ValueError(
                f"limit: {self.limit!r} is not understood; write '100/minute' or '5 per 10 seconds'"
            ) from None
        if len(items) > 1:
            raise ValueError(f"limit: {self.limit!r} holds several limits; write a Rule for each")
        return items[0]

    @cached_property
    def counted_methods(self) -> frozenset[str] | None:
        """The methods that are counted, in upper case; None for every one."""
        if self.methods is None:
            return None
        named = frozenset(method.upper() for method in self.methods)
        return named | {"HEAD"} if "GET" in named else named

    @cached_property
    def paths(self) -> PathPatterns:
        """The paths that are limited."""
        return PathPatterns("path", [self.path], liberal=True)

    @property
    def quota(self) -> int:
        """How many requests."""
        return self.item.amount

    @property
    def window(self) -> int:
        """In how many seconds."""
        return self.item.get_expiry()

    @cached_property
    def label(self) -> str:
        """The name, or a text made from path and limit."""
        if self.name is not None:
            return self.name
        conditions = (
            [*(method.upper() for method in self.methods or ()), self.path] if self.path != "*" or self.methods else []
        )
        return " ".join([*conditions, f"{self.quota}/{self.window}s"])

    def matches(self, method: str, path: str, route: str | None = None) -> bool:
        """Return whether a request is one of those limited.

        Args:
            method: of the request, in upper case.
            path: one of its paths, percent-decoded, as `request_paths(scope)` returns them.
            route: the template of its route, None if it is not known.
        """
        if self.counted_methods is not None and method not in self.counted_methods:
            return False
        return self.paths.matches(path) or (route is not None and self.paths.matches(route))


def is_printable_ascii(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and not set('"\\') & set(text)


def make_rules(rules: str | Rule | Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules; a string holds the limits of every path, separated by semicolons.

    Raises:
        TypeError: something that is no rule.
        ValueError: no rule at all, or two of one name.
    """
    if isinstance(rules, str):
        made = tuple(Rule(limit.strip()) for limit in rules.split(";"))
    elif isinstance(rules, Rule):
        made = (rules,)
    elif isinstance(rules, Iterable):
        made = tuple(rules)
    else:
        raise TypeError(f"rules is a Rule, several, or text such as '100/minute'; got {rules!r}")
    for rule in made:
        if not isinstance(rule, Rule):
            raise TypeError(f"rules: {rule!r} is not a Rule; write Rule({rule!r})")
    if not made:
        raise ValueError("rules is empty; give at least one, such as '100/minute'")
    labels = [rule.label for rule in made]
    for label in labels:
        if labels.count(label) > 1:
            raise ValueError(f"rules: two are called {label!r}, and would be counted as one; give them names")
    return made

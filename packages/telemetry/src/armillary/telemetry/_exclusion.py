"""URLs that are not observed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from armillary.asgi_types import Scope

from ._url import whole_url


class ExcludedURLs:
    """Decides which URLs are left out.

    Args:
        patterns: regular expressions, each searched for in the whole URL; or one text of them
            with commas in between.

    Raises:
        TypeError: something other than a list of texts.
        ValueError: a pattern that is not a regular expression.

    >>> ExcludedURLs("/health$, /metrics$").excludes("http://example.org/metrics")
    True
    """

    def __init__(self, patterns: str | Sequence[str] = ()) -> None:
        if not isinstance(patterns, Iterable):
            raise TypeError(f"excluded_urls is a list of regular expressions, got {patterns!r}")
        listed = patterns.split(",") if isinstance(patterns, str) else patterns
        self._patterns: list[re.Pattern[str]] = []
        for pattern in listed:
            if not isinstance(pattern, str):
                raise TypeError(f"excluded_urls is a list of regular expressions, got {pattern!r} in it")
            if not pattern.strip():
                continue
            try:
                self._patterns.append(re.compile(pattern.strip()))
            except re.error as exc:
                raise ValueError(f"excluded_urls: {pattern!r} is no regular expression: {exc}") from None

    def excludes(self, url: str) -> bool:
        """Return whether a whole URL is left out."""
        return any(pattern.search(url) for pattern in self._patterns)

    def excludes_scope(self, scope: Scope) -> bool:
        """Return whether the URL of a connection is left out."""
        return bool(self._patterns) and self.excludes(whole_url(scope))

"""Paths that are not observed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from armillary.asgi_types import Scope

from ._url import url_path, whole_url


class ExcludedURLs:
    """Decides which paths are left out.

    A client chooses its query and its Host, and must not choose by them whether it is observed: the path alone counts.

    Args:
        patterns: regular expressions, each searched for in the path as it is in the URL; or one text of
            them with commas in between.
        in_whole_url: whether they are searched for in the whole URL instead.

    Raises:
        TypeError: something other than a list of texts.
        ValueError: a pattern that is not a regular expression, or that no path can match.

    >>> ExcludedURLs("/health$, /metrics$").excludes("/metrics")
    True
    """

    def __init__(self, patterns: str | Sequence[str] = (), *, in_whole_url: bool = False) -> None:
        self._in_whole_url = in_whole_url
        if not isinstance(patterns, Iterable):
            raise TypeError(f"excluded_urls is a list of regular expressions, got {patterns!r}")
        listed = patterns.split(",") if isinstance(patterns, str) else patterns
        self._patterns: list[re.Pattern[str]] = []
        for pattern in listed:
            if not isinstance(pattern, str):
                raise TypeError(f"excluded_urls is a list of regular expressions, got {pattern!r} in it")
            if not pattern.strip():
                continue
            if "://" in pattern and not in_whole_url:
                raise ValueError(
                    f"excluded_urls: {pattern!r} is searched for in the path alone; write the path, as in '^/health$'"
                )
            try:
                self._patterns.append(re.compile(pattern.strip()))
            except re.error as exc:
                raise ValueError(f"excluded_urls: {pattern!r} is no regular expression: {exc}") from None

    def excludes(self, path: str) -> bool:
        """Return whether a path, or whole URL, is left out."""
        return any(pattern.search(path) for pattern in self._patterns)

    def excludes_scope(self, scope: Scope) -> bool:
        """Return whether a connection is left out."""
        return bool(self._patterns) and self.excludes(whole_url(scope) if self._in_whole_url else url_path(scope))

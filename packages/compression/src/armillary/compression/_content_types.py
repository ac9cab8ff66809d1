"""Content types whose bodies are not compressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ._value_cache import ValueCache

DEFAULT_EXCLUDED_CONTENT_TYPES: tuple[str, ...] = (
    # Events are for immediate delivery, and proxies buffer coded streams.
    "text/event-stream",
    # Messages are coded by the protocol itself.
    "application/grpc",
    "application/grpc+*",
    # Already compressed.
    "application/epub+zip",
    "application/gzip",
    "application/java-archive",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.*",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-gzip",
    "application/x-xz",
    "application/zip",
    "application/zstd",
    "audio/*",
    "font/woff",
    "font/woff2",
    *(f"image/{kind}" for kind in ("avif", "gif", "heic", "heif", "jpeg", "jxl", "png", "webp")),
    "video/*",
)


class ContentTypes:
    """A set of media types; a final `*` matches any ending.

    Args:
        patterns: such as "application/zip" or "image/*". Case and parameters do not count.

    Raises:
        TypeError: a string instead of a list.
        ValueError: something that is not a media type.

    >>> "image/png" in ContentTypes(["Image/*"])
    True
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        if isinstance(patterns, str):
            raise TypeError(f"exclude_content_types is a list; write [{patterns!r}]")
        essences = [essence(pattern) for pattern in patterns]
        for pattern in essences:
            if "/" not in pattern[1:-1] or "*" in pattern[:-1]:
                raise ValueError(
                    f"exclude_content_types: {pattern!r} is not a media type; write 'image/png', or 'image/*' for all"
                )
        self._exact = frozenset(pattern for pattern in essences if not pattern.endswith("*"))
        self._prefixes = tuple(pattern[:-1] for pattern in essences if pattern.endswith("*"))
        # An application sends few different types, and each response asks.
        self.contains: Callable[[str | bytes], bool] = ValueCache(self.__contains__).__getitem__

    def __contains__(self, content_type: str | bytes) -> bool:
        text = content_type.decode("latin-1") if isinstance(content_type, bytes) else content_type
        kind = essence(text)
        return kind in self._exact or kind.startswith(self._prefixes)


def essence(content_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()

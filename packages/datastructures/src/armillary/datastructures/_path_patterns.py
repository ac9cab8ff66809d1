"""Which paths a rule is for, decided alike by every middleware that has rules by path.

Two ways of comparing
---------------------
- An *exemption*, which lifts a protection, compares strictly: the path is exactly the one that was written, or lies
  below it, and has no empty, `.` or `..` segment that a proxy or another application might read otherwise.
- A *limit*, which is a protection, compares liberally: `//login` and `/login/` are `/login`, since a router that
  ignores slashes serves them alike and a client must not evade the limit by them. It compares with each of
  `request_paths(scope)`, so that a prefix of the server or of a mount does not switch it off.
"""

from __future__ import annotations

from collections.abc import Sequence

ANY_PATH = "*"


class PathPatterns:
    """Paths such as "/login", everything below one as "/api/*", or every path as "*".

    Args:
        parameter: what they are called where they are given, for the errors.
        patterns: absolute paths, percent-decoded.
        liberal: compare as a limit does; by default as an exemption does.

    Raises:
        TypeError: a string instead of a list, or something in it that is not text.
        ValueError: a path that is not absolute, or with a `*` anywhere but in a final "/*".

    >>> hooks = PathPatterns("exempt", ["/hooks/*"])
    >>> hooks.matches("/hooks/pay"), hooks.matches("/hooks/../transfer")
    (True, False)
    >>> PathPatterns("path", ["/login"], liberal=True).matches("//login/")
    True
    """

    __slots__ = ("_any", "_below", "_exact", "_liberal")

    def __init__(self, parameter: str, patterns: Sequence[str], *, liberal: bool = False) -> None:
        if isinstance(patterns, str):
            raise TypeError(f"{parameter} is a list of paths; write [{patterns!r}]")
        listed = list(patterns)
        for pattern in listed:
            _check(parameter, pattern)
        if liberal:
            listed = [pattern if pattern == ANY_PATH else without_extra_slashes(pattern) for pattern in listed]
        self._any = ANY_PATH in listed
        self._exact = frozenset(pattern for pattern in listed if not pattern.endswith("*"))
        self._below = tuple(pattern[:-1] for pattern in listed if pattern.endswith("/*"))
        self._liberal = liberal

    def __bool__(self) -> bool:
        return self._any or bool(self._exact) or bool(self._below)

    def matches(self, path: str) -> bool:
        """Return whether a decoded path is one of those meant; one to a limit's prefix itself is."""
        if self._any:
            return True
        if self._liberal:
            path = without_extra_slashes(path)
            return path in self._exact or f"{path}/".startswith(self._below)
        if path in self._exact:
            return True
        return path.startswith(self._below) and not _is_ambiguous(path)


def without_extra_slashes(path: str) -> str:
    """Return a path with single slashes and none at its end.

    >>> without_extra_slashes("//api///users/"), without_extra_slashes("/")
    ('/api/users', '/')
    """
    if "//" not in path and path[-1:] != "/":
        return path
    return "/" + "/".join([segment for segment in path.split("/") if segment])


def _is_ambiguous(path: str) -> bool:
    """Return whether a path has a segment that others resolve or leave out: `.`, `..` or an empty one."""
    if "//" in path or "\\" in path:
        return True
    return "/." in path and not {".", ".."}.isdisjoint(path.split("/"))


def _check(parameter: str, pattern: str) -> None:
    if not isinstance(pattern, str):
        raise TypeError(f"{parameter} is a list of paths, got {pattern!r} in it")
    if pattern == ANY_PATH:
        return
    if not pattern.startswith("/"):
        raise ValueError(f"{parameter}: {pattern!r} is not an absolute path; begin it with '/'")
    if "*" in pattern.removesuffix("/*"):
        raise ValueError(f"{parameter}: {pattern!r} would match beyond a path segment; end it with '/*'")

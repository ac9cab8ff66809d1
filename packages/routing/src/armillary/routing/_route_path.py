"""The part of a scope's path that routes match.

`scope["path"]` holds the whole path and `scope["root_path"]` the prefix an application is mounted
under (ASGI HTTP spec). Servers that keep the prefix out of `path` exist too; below our mounts
`scope["armillary.mount"]` therefore says how much of the path was consumed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from armillary.asgi_types import Scope

MOUNT_KEY: Final = "armillary.mount"

ENCODED_SLASH: Final = "\udc2f"
"""Represents `%2F` while an undecoded path is matched; no decoded path holds a lone surrogate."""


class MountPoint(NamedTuple):
    """What a mount consumed of the path, kept in `scope["armillary.mount"]`.

    Attributes:
        root_path: the `root_path` the mount wrote; the rest holds while the scope still has it.
        path: the consumed part of `scope["path"]`.
        segments: the same with `%2F` kept apart from "/".
        template: the mounts' templates, such as "/users/{id:int}".
    """

    root_path: str
    path: str
    segments: str
    template: str


def current_mount(scope: Scope) -> MountPoint | None:
    """Return the mount point this scope is below, None if there is none or it was rewritten."""
    point: MountPoint | None = scope.get(MOUNT_KEY)
    if point is None or point.root_path != scope.get("root_path", ""):
        return None
    return point


def without_prefix(path: str, prefix: str) -> str | None:
    """Return what follows a prefix of whole segments, None if the path is not below it."""
    if not path.startswith(prefix):
        return None
    rest = path[len(prefix) :]
    return rest if not rest or rest[0] == "/" else None


def get_route_path(scope: Scope) -> str:
    """Return the path below `root_path`; "" at the root path itself.

    A path that is not below the root path is returned whole.

    >>> get_route_path({"path": "/app/users", "root_path": "/app"})
    '/users'
    """
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "").rstrip("/")
    if not root_path:
        return path
    rest = without_prefix(path, root_path)
    if rest is not None:
        return rest
    point = current_mount(scope)
    rest = None if point is None else without_prefix(path, point.path)
    return path if rest is None else rest


def split_path(scope: Scope) -> str:
    """Return the whole path with `ENCODED_SLASH` for every `%2F` of `raw_path`.

    If `raw_path` is missing, or is not the encoding of `path` (a middleware rewrote one of
    them), `path` is used.
    """
    path: str = scope["path"]
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return path
    text = raw.decode("latin-1").partition("?")[0]
    if "%2" not in text:
        return path
    from urllib.parse import unquote

    parts = text.replace("%2f", "%2F").split("%2F")
    segments = ENCODED_SLASH.join([unquote(part) for part in parts])
    return segments if segments.replace(ENCODED_SLASH, "/") == path else path


def get_segments_path(scope: Scope) -> str:
    """Return what `get_route_path` does, with `ENCODED_SLASH` for every `%2F`."""
    whole = split_path(scope)
    point = current_mount(scope)
    if point is not None:
        rest = without_prefix(whole, point.segments)
        if rest is not None:
            return rest
    rest = get_route_path(scope)
    return whole[len(whole) - len(rest) :]


def decoded(text: str) -> str:
    """Return a piece of an undecoded path with its slashes."""
    return text.replace(ENCODED_SLASH, "/")


def child_mount(scope: Scope, matched: str, root_path: str, template: str) -> MountPoint:
    """Return the mount point below a route that matched `matched` of the path.

    Args:
        scope: the scope the mount was found by.
        matched: the text consumed, possibly with `ENCODED_SLASH`.
        root_path: the root path the mount writes.
        template: the path template of the mount.
    """
    outer = current_mount(scope)
    if outer is not None:
        return MountPoint(root_path, outer.path + decoded(matched), outer.segments + matched, outer.template + template)
    known = scope.get(MOUNT_KEY)
    prefix = _server_prefix(scope)
    return MountPoint(
        root_path, prefix + decoded(matched), prefix + matched, (known.template if known else "") + template
    )


def _server_prefix(scope: Scope) -> str:
    path: str = scope["path"]
    return path[: len(path) - len(get_route_path(scope))]


def encode_path(path: str, safe: str = "/:@!$&'()*+,;=") -> str:
    """Percent-encode a decoded path (RFC 3986 section 3.3); `ENCODED_SLASH` becomes `%2F`."""
    from urllib.parse import quote

    parts = path.split(ENCODED_SLASH)
    return "%2F".join([quote(part.encode("utf-8", "surrogatepass"), safe=safe) for part in parts])


def stay_on_host(path: str) -> str:
    """Return a path that no client takes for `//authority` (RFC 3986 section 4.2).

    Browsers read a backslash as a slash, so it counts too.

    >>> stay_on_host("//example.org/a")
    '/%2Fexample.org/a'
    """
    if path[:1] == "/" and path[1:2] in ("/", "\\"):
        return f"/%{ord(path[1]):02X}{path[2:]}"
    return path

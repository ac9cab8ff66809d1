"""The part of a scope's path that routes match.

`scope["path"]` holds the whole path and `scope["root_path"]` the prefix an application is mounted
under (ASGI HTTP spec). Servers that keep the prefix out of `path` exist too; below our mounts
`scope["armillary.mount"]` therefore says how much of the path was consumed.
"""

from typing import Final, NamedTuple

from armillary.asgi_types import Scope
from armillary.datastructures import get_route_path, path_below

from ._path_text import ENCODED_SLASH, decoded, encode_path, toggled_slash

MOUNT_KEY: Final = "armillary.mount"


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
    return segments if decoded(segments) == path else path


def get_segments_path(scope: Scope) -> str:
    """Return what `get_route_path` does, with `ENCODED_SLASH` for every `%2F`."""
    whole = split_path(scope)
    point = current_mount(scope)
    if point is not None:
        rest = path_below(whole, point.segments)
        if rest is not None:
            return rest
    rest = get_route_path(scope)
    return whole[len(whole) - len(rest) :]


def toggled_path(scope: Scope) -> Scope:
    """Return the keys of the path with a slash at its end, or without any."""
    path = toggled_slash(split_path(scope))
    raw_path = None if scope.get("raw_path") is None else encode_path(path).encode("ascii")
    return {"path": decoded(path), "raw_path": raw_path}


def point_above(scope: Scope, root_path: str, outer: MountPoint | None) -> MountPoint:
    """Return the mount point that a first mount is below: that of the server's prefix.

    Args:
        scope: the scope the mount was found by.
        root_path: that of the scope.
        outer: a mount point of the scope for another root path; its template is kept.
    """
    path: str = scope["path"]
    prefix = path[: len(path) - len(get_route_path(scope))]
    return MountPoint(root_path, prefix, prefix, outer.template if outer else "")

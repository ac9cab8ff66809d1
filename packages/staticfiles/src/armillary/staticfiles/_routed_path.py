"""The part of a request's path that names a file."""

from __future__ import annotations

from armillary.asgi_types import Scope


def routed_path(scope: Scope) -> str:
    """Return the path below where the application is mounted.

    >>> routed_path({"path": "/static/a.css", "root_path": "/static"})
    '/a.css'
    """
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    if not root_path:
        return path
    prefixes = [root_path.rstrip("/")]
    # Some servers keep their prefix out of the path; the mount then records the prefix it removed.
    mount = scope.get("armillary.mount")
    if mount is not None and mount.root_path == root_path:
        prefixes.append(mount.path)
    for prefix in prefixes:
        if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
            return path[len(prefix) :]
    return path

"""The paths of one request: the whole one, and those below where an application is served or mounted.

`scope["path"]` holds the whole path and `scope["root_path"]` the prefix of the server and of the mounts (ASGI HTTP
spec). A mount keeps the server's prefix in `scope["app_root_path"]`, and in `scope["armillary.mount"]` what it consumed
of the path, since some servers keep their prefix out of `path`.
"""

from __future__ import annotations

from armillary.asgi_types import Scope, find_route_template

from ._path_patterns import without_extra_slashes


def get_route_path(scope: Scope) -> str:
    """Return the path below `root_path`, where the application is mounted; "" at the root path itself.

    A path that is not below the root path is returned whole.

    >>> get_route_path({"path": "/static/a.css", "root_path": "/static"})
    '/a.css'
    """
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    if not root_path:
        return path
    rest = path_below(path, root_path.rstrip("/"))
    if rest is None:  # of a server that keeps the root path out of the path
        mount = scope.get("armillary.mount")
        if mount is not None and mount.root_path == root_path:
            rest = path_below(path, mount.path)
    return path if rest is None else rest


def request_paths(scope: Scope) -> list[str]:
    """Return every path that a limit may mean a request by, without extra slashes.

    These are the whole path, the path below the server's prefix, the path below the innermost mount, and the template
    of the route with its mounts and without, if it is known. A limit compares with all of them: it is then the same
    outside of a mount and inside, and with and without `--root-path`.

    >>> request_paths({"type": "http", "path": "/app/login", "root_path": "/app"})
    ['/app/login', '/login']
    """
    path = without_extra_slashes(scope["path"])
    template = find_route_template(scope)
    paths = [path] if template is None else [path, template]
    root_path: str = scope.get("root_path", "")
    if not root_path:
        return paths
    server_prefix = scope.get("app_root_path", root_path).rstrip("/")
    if path_below(path, without_extra_slashes(server_prefix)) is None:
        paths.append(server_prefix + path)  # the server keeps its prefix out of the path
    prefixes = [server_prefix, root_path]
    mount = scope.get("armillary.mount")
    if mount is not None and mount.root_path == root_path:
        prefixes.append(mount.path)
        rest = None if template is None else path_below(template, mount.template)
        if rest:
            paths.append(rest)
    for prefix in prefixes:
        rest = path_below(path, without_extra_slashes(prefix).rstrip("/"))
        if rest is not None and (rest or "/") not in paths:
            paths.append(rest or "/")
    return paths


def path_below(path: str, prefix: str) -> str | None:
    """Return what follows a prefix of whole segments; None if the path is not below it.

    >>> path_below("/static/a.css", "/static")
    '/a.css'
    """
    if not path.startswith(prefix):
        return None
    rest = path[len(prefix) :]
    return rest if not rest or rest[0] == "/" else None

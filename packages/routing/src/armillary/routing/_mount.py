"""A path prefix and the application below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import URLPath

from ._base_route import BaseRoute, MiddlewareList, checked_callable, wrap
from ._body_limit import Limit, limited
from ._children import ScopedApp, child_routes, name_below, reverse_child
from ._convertors import Convertor
from ._match import Match, NoMatchFound
from ._path_match import conversions, converted, merged_params, record_template
from ._path_template import compile_path
from ._reverse import filled
from ._route import checked_path
from ._route_path import MOUNT_KEY, child_mount, decoded, get_route_path


class Mount(BaseRoute):
    """A path prefix and the application, or the routes, below it.

    Below it `root_path` includes the prefix, in a copy of the scope.

    Args:
        path: a prefix such as "/users" or "/{tenant}"; "" or "/" for everything.
        app: any ASGI application.
        routes: in place of `app`, the routes of a router made for this mount.
        name: for `url_path_for`: routes below are "name:theirs", the mount itself is "name" with
            a parameter `path`. Without a name, routes below are found by their own.
        middleware: wrapped around the application, the first being outermost.
        max_body_size: bytes a request body may have, None for no limit; inherited by default.
            A route below may set its own.
        lifespan: run the application's lifespan with that of the application above.
        slash_optional: "/users" reaches the application as "/users/" does.

    Raises:
        TypeError: unless exactly one of `app` and `routes` is given, or for an `app` that cannot be called.
        ValueError: for a path that is no template.

    >>> Mount("/static", app=print).url_path_for("", path="/app.css")
    Traceback (most recent call last):
        ...
    armillary.routing._match.NoMatchFound: No route exists for name "" and params "path".
    >>> Mount("/static", app=print, name="static").url_path_for("static", path="/app.css")
    '/static/app.css'
    """

    encodes_paths: ClassVar[bool] = True
    literal_braces: ClassVar[bool] = False
    keeps_missing_params: ClassVar[bool] = False
    """Leave "{tenant}" in a reversed path whose mount parameter is missing."""
    router_type: ClassVar[Callable[[Iterable[BaseRoute]], ASGIApp]]
    """Makes the application of `routes=`; `_router` sets it, since the router knows mounts and not the reverse."""

    # For subclasses with another constructor.
    name: str = ""
    runs_lifespan: bool = False
    slash_optional: bool = False

    path_regex: re.Pattern[str]
    path_format: str
    param_convertors: dict[str, Convertor[Any]]

    def __init__(
        self,
        path: str,
        app: ASGIApp | None = None,
        routes: Iterable[BaseRoute] | None = None,
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
        lifespan: bool = False,
        slash_optional: bool = False,
    ) -> None:
        if (app is None) == (routes is None):
            raise TypeError("Mount takes either app=... or routes=[...], one of the two")
        self.path = checked_path(path).rstrip("/") if path else ""
        self._base_app: Any = self.router_for(routes or ()) if app is None else checked_callable(app, "app")
        self.app = self.limited_app(wrap(self._base_app, middleware), max_body_size)
        self.name = name or ""
        self.runs_lifespan = lifespan
        self.slash_optional = slash_optional
        compiled = compile_path(self.path + "/{path:path}", literal_braces=self.literal_braces)
        self.path_regex, self.path_format, self.param_convertors = compiled

    def router_for(self, routes: Iterable[BaseRoute]) -> ASGIApp:
        """Return the application for `routes=`."""
        return type(self).router_type(routes)

    def limited_app(self, app: ASGIApp, limit: Limit) -> ASGIApp:
        """Return the application under the mount's `max_body_size`."""
        return limited(app, limit, counts=True)

    @property
    def base_app(self) -> Any:
        """The mounted application, without the middleware of the mount."""
        return self._base_app

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes of the mounted application; empty if it has none."""
        return child_routes(self._base_app)

    def child_scope(self, scope: Scope, path: str) -> Scope | None:
        """Return the keys of the scope below, None if `path` is not below this mount."""
        found = self.path_regex.match(path)
        bare = found is None and self.slash_optional and path[-1:] != "/"
        if bare:
            found = self.path_regex.match(path + "/")
        if found is None:
            return None
        params = converted(found, path, conversions(self.param_convertors))
        if params is None:
            return None
        del params["path"]
        matched = path[: found.start("path") - 1]
        root_path = scope.get("root_path", "")
        below = root_path.rstrip("/") + decoded(matched)
        child: Scope = {
            "app_root_path": scope.get("app_root_path", root_path),
            "endpoint": self.app,
            "path_params": merged_params(scope, params),
            "root_path": below,
            "route": self,
            MOUNT_KEY: child_mount(scope, matched, below, self.path),
        }
        if bare:
            child["path"] = scope["path"] + "/"
            raw_path = scope.get("raw_path")
            child["raw_path"] = None if raw_path is None else raw_path + b"/"
        return child

    def enter(self, scope: Scope, path: str) -> ASGIApp | None:
        """Write a match of `path` into the scope and return the application to await, or None."""
        child = self.child_scope(scope, path)
        if child is None:
            return None
        below = self.extend_scope(scope, child)
        record_template(below, "")
        return self.app if below is scope else ScopedApp(self.app, below)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child = self.child_scope(scope, get_route_path(scope)) if scope["type"] in ("http", "websocket") else None
        return (Match.NONE, {}) if child is None else (Match.FULL, child)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the mount itself, or of a route below it.

        Args:
            name: "mount" with a parameter `path`, or "mount:route".
            **path_params: the parameters of the mount and of the route.
        """
        return self.reverse(name, path_params, False)

    def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        """Return what `url_path_for` does; with `segments`, "/" in a parameter is `%2F`."""
        if self.name and name == self.name and "path" in path_params:
            params = {**path_params, "path": str(path_params["path"]).lstrip("/")}
            path = self._filled(name, params, segments)
            if params:
                raise NoMatchFound(name, path_params)
            return URLPath(path)
        rest = name_below(self.name, name)
        if rest is None:
            raise NoMatchFound(name, path_params)
        return self._reverse_below(name, rest, path_params, segments)

    def _reverse_below(self, name: str, rest: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        params = {**path_params, "path": ""}
        prefix = self._filled(name, params, segments).rstrip("/")
        if "path" in path_params:
            params["path"] = path_params["path"]
        child = reverse_child(self._base_app, rest, params)
        return URLPath(prefix + child, protocol=child.protocol, host=child.host)

    def _filled(self, name: str, params: dict[str, Any], segments: bool) -> str:
        if not self.keeps_missing_params and not self.param_convertors.keys() <= params.keys():
            raise NoMatchFound(name, params)
        return filled(self.path_format, self.param_convertors, params, encode=self.encodes_paths, segments=segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mount) and self.path == other.path and self.app == other.app

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, app={self.app!r})"

"""A path prefix and the application below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from armillary.asgi_types import RECORD_KEY, ASGIApp, Receive, Scope, Send, scope_record
from armillary.datastructures import URLPath, get_route_path

from ._base_route import BaseRoute
from ._body_limit import Limit, limited
from ._endpoint import Dependency, MiddlewareList, guarded_application, wrap
from ._match import Match, NoMatchFound
from ._matched_scope import ScopedApp, record_template
from ._path_text import ENCODED_SLASH, decoded
from ._reverse import child_routes, name_below, reverse_child
from ._scope_path import MOUNT_KEY, MountPoint, point_above, toggled_path
from ._template_route import TemplateRoute


class Mount(TemplateRoute):
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
        lifespan: run the application's lifespan inside that of the application above. By default it is run if the
            application has one: one that raises before it has started is taken to have none, as servers do. With
            True that is an error; with False it is not run.
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

    router_type: ClassVar[Callable[[Iterable[BaseRoute]], ASGIApp]]
    """Makes the application of `routes=`; `_router` sets it, since the router knows mounts and not the reverse."""

    runs_lifespan: bool = True
    """Whether the lifespan of the application is run: of the class, what `lifespan=None` means."""

    requires_lifespan: bool = False
    """Whether it is an error that the application has no lifespan."""

    # For subclasses with another constructor.
    slash_optional: bool = False
    # The application that was asked for its `plain_select`, its `middleware_stack` and `__call__` then, and the answer.
    _selecting: tuple[Any, Any, Any, Callable[[Scope, str | None], ASGIApp] | None] = (None, None, None, None)

    def __init__(
        self,
        path: str,
        app: ASGIApp | None = None,
        routes: Iterable[BaseRoute] | None = None,
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
        lifespan: bool | None = None,
        slash_optional: bool = False,
    ) -> None:
        if (app is None) == (routes is None):
            named = f"; write name={routes!r}" if isinstance(routes, str) else ""
            raise TypeError(f"Mount takes either app=... or routes=[...], one of the two{named}")
        if isinstance(path, str) and path.endswith("/{path:path}"):
            above = path.removesuffix("/{path:path}") or "/"
            raise ValueError(f"path: a mount takes every path below its own by itself; write Mount({above!r}, ...)")
        self._set_path(path.rstrip("/") if isinstance(path, str) else path, "/{path:path}")
        self._base_app: Any = self.router_for(routes or ()) if app is None else self.check_callable(app, "app")
        self.app: ASGIApp = self.limited_app(wrap(self._base_app, middleware), max_body_size)
        self.name: str = name or ""
        if lifespan is not None:
            self.runs_lifespan = self.requires_lifespan = lifespan
        self.slash_optional = slash_optional

    def router_for(self, routes: Iterable[BaseRoute]) -> ASGIApp:
        """Return the application for `routes=`."""
        return type(self).router_type(routes)

    def limited_app(self, app: ASGIApp, limit: Limit) -> ASGIApp:
        """Return the application under the mount's `max_body_size`."""
        return limited(app, limit, counts=True)

    def included(self, prefix: str, name: str, tags: Sequence[str], dependencies: Sequence[Dependency]) -> Mount:
        """Return this mount below a prefix, for a router that includes its own."""
        from copy import copy

        copied = copy(self)
        copied._set_path(prefix + self.path, "/{path:path}")
        if dependencies:
            copied.app = guarded_application(self.app, {}, dependencies)
        copied.name = name + self.name if self.name else ""
        return copied

    @property
    def base_app(self) -> Any:
        """The mounted application, without the middleware of the mount."""
        return self._base_app

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes of the mounted application; empty if it has none."""
        return child_routes(self._base_app)

    def match_below(self, scope: Scope, path: str) -> tuple[Scope, str | None] | None:
        """Return what a match of `path` makes of the scope; None if it is not below this mount.

        Returns:
            The keys of the scope below, and the path below; None in its place if the keys do not say what is left.
        """
        found = self.reader.split(path)
        bare = found is None and self.slash_optional and path[-1:] != "/"
        if bare:
            path += "/"
            found = self.reader.split(path)
        if found is None:
            return None
        matched, params = found
        root_path = scope.get("root_path", "")
        above = scope.get(MOUNT_KEY)
        if above is None or above.root_path != root_path:
            above = point_above(scope, root_path, above)
        text = decoded(matched) if ENCODED_SLASH in matched else matched
        root = root_path.rstrip("/") + text
        _, consumed, segments, template = above
        point = MountPoint(root, consumed + text, segments + matched, template + self.path)
        outer = scope.get("path_params")
        child: Scope = {
            "app_root_path": scope.get("app_root_path", root_path),
            "endpoint": self.app,
            "path_params": {**outer, **params} if outer else params,
            "root_path": root,
            "route": self,
            MOUNT_KEY: point,
        }
        return {**child, **toggled_path(scope)} if bare else child, path[len(matched) :]

    def enter(self, scope: Scope, path: str, is_own: bool = False) -> ASGIApp | None:
        """Write a match of `path` into the scope and return the application to await, or None.

        Args:
            scope: that of the router which found this mount.
            path: its path below the root path.
            is_own: whether that router was entered by a mount, with a scope that nobody else has.
        """
        found = self.match_below(scope, path)
        if found is None:
            return None
        child, rest = found
        is_own = is_own and type(self).extend_scope is _OWN_EXTEND_SCOPE
        if is_own:
            below = scope
            below.update(child)
        else:
            below = self.extend_scope(scope, child)
            if below is scope:  # a class that writes in place; a mount below makes the copy
                rest = None
        if rest is None:
            record_template(below, "")
        elif is_own:  # the mount that made the scope has made its record
            below[RECORD_KEY]["route_path"] = child[MOUNT_KEY].template
        else:
            scope_record(below)["route_path"] = child[MOUNT_KEY].template
        app: Any = self.app
        asked, stack, call, select = self._selecting
        if app is not asked or (
            select is not None and not (asked.middleware_stack is stack and type(asked).__call__ is call)
        ):
            select = self._ask_for_selection(app)
        if select is not None:  # without a frame for the router, which would do no more
            app = select(below, rest)
        return app if below is scope or type(app) is ScopedApp else ScopedApp(app, below)

    def _ask_for_selection(self, app: ASGIApp) -> Callable[[Scope, str | None], ASGIApp] | None:
        # Of its type: what wraps a router and passes on its attributes is to be called itself.
        plain: Any = getattr(type(app), "plain_select", None)
        select: Callable[[Scope, str | None], ASGIApp] | None = plain and plain.__get__(app)
        read: Any = app
        self._selecting = (app, None, None, None)
        if select is not None:
            self._selecting = (app, read.middleware_stack, type(app).__call__, select)
        return select

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self.match_below(scope, get_route_path(scope)) if scope["type"] in ("http", "websocket") else None
        return (Match.NONE, {}) if found is None else (Match.FULL, found[0])

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        is_own = bool(self.name) and name == self.name and "path" in path_params
        rest = None if is_own else name_below(self.name, name)
        if not is_own and rest is None:
            raise NoMatchFound(name, path_params)
        params = {**path_params, "path": str(path_params["path"]).lstrip("/") if is_own else ""}
        if not self.keeps_missing_params and not self.param_convertors.keys() <= params.keys():
            raise NoMatchFound(name, params)
        path = self.filled(params, segments)
        if rest is not None:
            # The parameter `path`, if there is one, is that of the route below.
            params |= {key: value for key, value in path_params.items() if key == "path"}
            child = reverse_child(self._base_app, rest, params)
            return URLPath(path.rstrip("/") + child, protocol=child.protocol, host=child.host)
        if params:
            raise NoMatchFound(name, path_params)
        return URLPath(path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mount) and self.path == other.path and self.app == other.app

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, app={self.app!r})"


_OWN_EXTEND_SCOPE = Mount.extend_scope

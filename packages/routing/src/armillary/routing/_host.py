"""A host name and the application that serves it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import URLPath, parse_host, requested_host

from ._base_route import BaseRoute
from ._convertors import Convertor, PathConvertor
from ._match import Match, NoMatchFound, PathParameterError
from ._matched_scope import merged_params
from ._path_reader import RegexReader
from ._path_template import compile_path, replace_params
from ._reverse import child_routes, filled, name_below, reverse_child

_PATH: Final = {"path": PathConvertor()}


def requested_name(scope: Scope) -> str | None:
    """Return the host of the request in lower case, without its port; None if it names none."""
    host = requested_host(scope["headers"])
    return None if host is None else host.host


class Host(BaseRoute):
    """A host name and the application that serves it, on any port.

    Args:
        host: a template such as "api.example.org" or "{tenant}.example.org", in which a parameter is one label and
            `{tenant:path}` any number of them; a port is used in reversed URLs only.
        app: any ASGI application, usually a `Router`.
        name: for `url_path_for`, as with `Mount`.
        lifespan: as with `Mount`.

    >>> Host("{tenant}.example.org", app=print, name="tenant").url_path_for("tenant", tenant="a", path="/x").host
    'a.example.org'
    """

    runs_lifespan: bool = True
    """Whether the lifespan of the application is run: of the class, what `lifespan=None` means."""

    requires_lifespan: bool = False
    """Whether it is an error that the application has no lifespan."""

    _reader: RegexReader | None = None

    host_regex: re.Pattern[str]
    host_format: str
    param_convertors: dict[str, Convertor[Any]]

    def __init__(self, host: str, app: ASGIApp, name: str | None = None, *, lifespan: bool | None = None) -> None:
        if host.startswith("/"):
            raise ValueError(f"host must be a host name, not a path, got {host!r}; use Mount for a path")
        self.host = host
        self.app: ASGIApp = self.check_callable(app, "app")
        self.name: str = name or ""
        if lifespan is not None:
            self.runs_lifespan = self.requires_lifespan = lifespan
        compiled = compile_path(host, lenient=self.lenient_paths)
        self.host_regex, self.host_format, self.param_convertors = compiled

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes of the application; empty if it has none."""
        return child_routes(self.app)

    def child_scope(self, scope: Scope, host: str | None) -> Scope | None:
        """Return the keys of a match of `host`, None if it does not match."""
        reader = self._reader
        if reader is None or reader.regex is not self.host_regex or reader.convertors is not self.param_convertors:
            reader = self._reader = RegexReader(self.host_regex, self.param_convertors)
        params = None if host is None else reader.params(host)
        if params is None:
            return None
        return {"endpoint": self.app, "path_params": merged_params(scope, params), "route": self}

    def enter(self, scope: Scope, host: str | None) -> ASGIApp | None:
        """Write a match of `host` into the scope and return the application to await, or None."""
        child = self.child_scope(scope, host)
        if child is None:
            return None
        scope.update(child)
        return self.app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child = self.child_scope(scope, requested_name(scope)) if scope["type"] in ("http", "websocket") else None
        return (Match.NONE, {}) if child is None else (Match.FULL, child)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path and host of this route, or of a route below it."""
        is_own = bool(self.name) and name == self.name and "path" in path_params
        rest = None if is_own else name_below(self.name, name)
        if (not is_own and rest is None) or not self.param_convertors.keys() <= path_params.keys():
            raise NoMatchFound(name, path_params)
        params = dict(path_params)
        host, params = replace_params(self.host_format, self.param_convertors, params)
        parsed = parse_host(host)
        if parsed is None:
            raise PathParameterError(f"{host!r} is not a host name")
        if not self.lenient_paths and self.host_regex.match(parsed.host) is None:
            raise PathParameterError(f"{host!r} would not be matched by {self.host!r}; a parameter is one label")
        if rest is not None:
            child = reverse_child(self.app, rest, params)
            return URLPath(child, protocol=child.protocol, host=host)
        path = params.pop("path")
        if params:
            raise NoMatchFound(name, path_params)
        if self.encodes_paths:
            path = filled("/{path}", _PATH, {"path": str(path).lstrip("/")})
        return URLPath(path, host=host)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Host) and self.host == other.host and self.app == other.app

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(host={self.host!r}, name={self.name!r}, app={self.app!r})"

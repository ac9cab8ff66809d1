"""What routes that are found by a template share, and what routes of one endpoint share."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from armillary.asgi_types import ASGIApp, Scope
from armillary.datastructures import URLPath, get_route_path

from ._base_route import BaseRoute
from ._convertors import Convertor
from ._endpoint import Endpoint, check_connection, check_methods
from ._match import NoMatchFound
from ._matched_scope import merged_params
from ._path_reader import PathReader, path_reader
from ._path_shape import TemplateRegex
from ._path_template import checked_template, translated_path
from ._reverse import filled


class TemplateRoute(BaseRoute):
    """What routes share that are found by the template of a path.

    Attributes are public and may be rewritten, also on a copy: `path_regex`, `path_format`,
    `param_convertors` and `app` are used, whatever `path` and `endpoint` hold.
    """

    path: str
    app: ASGIApp
    path_format: str
    param_convertors: dict[str, Convertor[Any]]

    # For subclasses with another constructor.
    name: str = ""
    _reader: PathReader | None = None

    lazy_path_regex: re.Pattern[str] | TemplateRegex
    """What `path_regex` is, or what it is compiled of when it is asked for: an index and most paths do without."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.path_regex is not TemplateRoute.path_regex:  # a pattern or a property of its own, asked each time
            cls.lazy_path_regex = _OF_CLASS

    @property
    def path_regex(self) -> re.Pattern[str]:
        """The regular expression that the whole path matches."""
        regex = self.lazy_path_regex
        return regex.compiled if isinstance(regex, TemplateRegex) else regex

    @path_regex.setter
    def path_regex(self, regex: re.Pattern[str]) -> None:
        self.lazy_path_regex = regex

    def _set_path(self, path: str, tail: str = "") -> None:
        """Set all that follows from the template; `tail` is added to it."""
        if not isinstance(path, str):
            hint = "; write the path first, then the endpoint" if callable(path) else ""
            raise TypeError(f"path is a text such as '/', got {path!r}{hint}")
        if path[:1] != "/" and (path or not tail):
            group = "" if path else ", or a path of a group, as in router.group('/stars').get('')"
            raise ValueError(f"path must start with '/', got {path!r}; write {translated_path(path)!r}{group}")
        self.path = path
        made = checked_template(path + tail, lenient=self.lenient_paths)
        self.lazy_path_regex, self.path_format, self.param_convertors = made

    @property
    def reader(self) -> PathReader:
        """The reader of the paths that `path_regex` matches."""
        reader = self._reader
        if reader is None or reader.regex is not self.lazy_path_regex or reader.convertors is not self.param_convertors:
            reader = self._reader = path_reader(self.lazy_path_regex, self.param_convertors)
        return reader

    def __getstate__(self) -> dict[str, Any]:
        """Return what is copied or pickled: all but the reader, which is made again."""
        state = {key: value for key, value in self.__dict__.items() if key != "_reader"}
        if "operation" in state:
            state["operation"] = dict(state["operation"])  # a read-only view is neither
        return state

    def filled(self, params: dict[str, Any], segments: bool) -> str:
        """Return the path with its parameters, which are taken out of `params`."""
        return filled(self.path_format, self.param_convertors, params, encode=self.encodes_paths, segments=segments)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of this route, or of a route below it.

        Args:
            name: the route's name, or one below it as "mount:route".
            **path_params: exactly the parameters of the template, and of those below it.

        Raises:
            NoMatchFound: for another name or other parameters.
            PathParameterError: for a value that the route would not match.
        """
        return self.reverse(name, path_params, False)

    def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        """Return what `url_path_for` does; with `segments`, "/" in a parameter is `%2F`."""
        raise NotImplementedError(f"{type(self).__name__} needs a reverse method")


def _ask_class(route: Any) -> Any:
    return route.path_regex


def _set_by_class(route: Any, regex: re.Pattern[str] | TemplateRegex) -> None:
    route.path_regex = regex.compiled if isinstance(regex, TemplateRegex) else regex


_OF_CLASS: Any = property(_ask_class, _set_by_class)
"""What `lazy_path_regex` is in a class that has a `path_regex` of its own."""


class EndpointRoute(TemplateRoute):
    """What HTTP and WebSocket routes share: one endpoint for the paths of a template."""

    scope_type: ClassVar[str]

    endpoint: Endpoint
    methods: set[str] | None = None
    """The methods it takes; None for all, and for WebSockets."""

    def check_callable(self, value: Any, parameter: str) -> Any:
        endpoint = super().check_callable(value, parameter)
        check_methods(endpoint)
        check_connection(endpoint, self.scope_type == "http")
        # One file, as of "/robots.txt", is served by a route; a path without a dot is that of a directory.
        is_of_directory = "." not in self.path.rpartition("/")[2] and self.path != "/" and not self.param_convertors
        if is_of_directory and getattr(endpoint, "serves_below", False) is True:
            name = type(endpoint).__name__
            raise TypeError(
                f"Route({self.path!r}) matches that path alone, and {name} serves what is below it: write "
                f"Mount({self.path!r}, {name}(...))"
            )
        return endpoint

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        """Return the application for a plain function. Override to call functions another way."""
        raise NotImplementedError

    def child_scope(self, scope: Scope) -> Scope | None:
        """Return the keys a match of the path adds to the scope, None if it does not match."""
        params = self.reader.params(get_route_path(scope))
        if params is None:
            return None
        return {"endpoint": self.endpoint, "path_params": merged_params(scope, params), "route": self}

    def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        if name != self.name or path_params.keys() != self.param_convertors.keys():
            raise NoMatchFound(name, path_params)
        return URLPath(self.filled(dict(path_params), segments), protocol=self.scope_type)

"""Routes, mounts and hosts for ASGI, found at a cost that does not grow with their number.

An endpoint is an ASGI application; or, with `armillary-routing[functions]`, a function of a
request or of a WebSocket; or, with `armillary-routing[typed]`, any typed function:

>>> from armillary.routing import Mount, Route, Router
>>> class Ping:
...     async def __call__(self, scope, receive, send):
...         await send({"type": "http.response.start", "status": 200, "headers": []})
...         await send({"type": "http.response.body", "body": b"pong"})
>>> app = Router([
...     Route("/ping", Ping(), methods=["GET"]),
...     Mount("/users", name="users", routes=[Route("/{id:int}", Ping(), name="show")]),
... ])
>>> app.url_path_for("users:show", id=7)
'/users/7'
"""

from armillary.datastructures import get_route_path

from ._base_route import BaseRoute
from ._convertors import (
    CONVERTOR_TYPES,
    Convertor,
    DateConvertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    RegexConvertor,
    StringConvertor,
    UUIDConvertor,
    register_url_convertor,
)
from ._endpoint import Dependency
from ._host import Host
from ._lifespan import serve_lifespan
from ._match import Match, NoMatchFound, PathParameterError
from ._mount import Mount
from ._mounted_lifespans import MountedLifespan
from ._operation import ChannelOperation, Operation
from ._path_shape import TemplateRegex
from ._path_template import compile_path, replace_params, template_regex
from ._policy import RoutingPolicy
from ._registration import Registration, RouteArguments, RouteGroup, WebSocketArguments
from ._report import Finding, RouteReport
from ._route import Route
from ._route_list import RouteList
from ._router import Router
from ._websocket_route import WebSocketRoute

__all__ = [
    "CONVERTOR_TYPES",
    "BaseRoute",
    "ChannelOperation",
    "Convertor",
    "DateConvertor",
    "Dependency",
    "Finding",
    "FloatConvertor",
    "Host",
    "IntegerConvertor",
    "Match",
    "Mount",
    "MountedLifespan",
    "NoMatchFound",
    "Operation",
    "PathConvertor",
    "PathParameterError",
    "RegexConvertor",
    "Registration",
    "Route",
    "RouteArguments",
    "RouteGroup",
    "RouteList",
    "RouteReport",
    "Router",
    "RoutingPolicy",
    "StringConvertor",
    "TemplateRegex",
    "UUIDConvertor",
    "WebSocketArguments",
    "WebSocketRoute",
    "compile_path",
    "get_route_path",
    "register_url_convertor",
    "replace_params",
    "serve_lifespan",
    "template_regex",
]

"""Typed functions as ASGI endpoints: values from the request by annotation, results encoded by annotation.

>>> from typing import Annotated
>>> import msgspec
>>> from armillary.binding import Query, bind
>>> class Star(msgspec.Struct):
...     name: str
...     magnitude: float = 0.0
>>> async def search(name: str, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Star]:
...     return [Star(name)][:limit]
>>> app = bind(search)
>>> [parameter.alias for parameter in app.signature.parameters]
['name', 'limit']
"""

from ._endpoint import BoundEndpoint, bind
from ._guard import GuardedApplication, guard
from ._methods import BoundMethod, bind_methods
from ._place import BindingError
from ._request_value import RequestValue, read_request_values, request_value
from ._signature import EndpointSignature, Parameter, RequestBody, ResultStream
from ._sources import (
    Body,
    Cookie,
    Dependency,
    Depends,
    EventStream,
    File,
    Form,
    Header,
    Messages,
    Path,
    Policy,
    Query,
    Source,
)
from ._websocket import BoundWebSocket, bind_websocket

__all__ = [
    "BindingError",
    "Body",
    "BoundEndpoint",
    "BoundMethod",
    "BoundWebSocket",
    "Cookie",
    "Dependency",
    "Depends",
    "EndpointSignature",
    "EventStream",
    "File",
    "Form",
    "GuardedApplication",
    "Header",
    "Messages",
    "Parameter",
    "Path",
    "Policy",
    "Query",
    "RequestBody",
    "RequestValue",
    "ResultStream",
    "Source",
    "bind",
    "bind_methods",
    "bind_websocket",
    "guard",
    "read_request_values",
    "request_value",
]

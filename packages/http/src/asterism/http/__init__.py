"""Requests, responses, forms, ranges and server-sent events for any ASGI app.

>>> from asterism.http import Request, Response, request_response
>>> async def echo(request: Request) -> Response:
...     return Response(await request.body())
>>> app = request_response(echo)
"""

from ._channel import empty_receive, empty_send
from ._endpoint import HTTPEndpoint
from ._error_answer import answer_exception, send_http_exception
from ._function_endpoint import request_response
from ._request import Request
from ._response import Response

__all__ = [
    "HTTPEndpoint",
    "Request",
    "Response",
    "answer_exception",
    "empty_receive",
    "empty_send",
    "request_response",
    "send_http_exception",
]

"""Requests, responses, forms, ranges and server-sent events for any ASGI app.

>>> from asterism.http import Request, Response, request_response
>>> async def echo(request: Request) -> Response:
...     return Response(await request.body())
>>> app = request_response(echo)
"""

from ._channel import empty_receive, empty_send
from ._endpoint import HTTPEndpoint
from ._error_answer import answer_exception, call_exception_handler, send_http_exception
from ._function_endpoint import request_response
from ._json_response import JSONResponse, encode_json
from ._redirect import RedirectResponse
from ._request import Request
from ._response import Background, Content, Response
from ._streaming import ContentStream, StreamingResponse, Trailers
from ._text_response import HTMLResponse, PlainTextResponse

__all__ = [
    "Background",
    "Content",
    "ContentStream",
    "HTMLResponse",
    "HTTPEndpoint",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Request",
    "Response",
    "StreamingResponse",
    "Trailers",
    "answer_exception",
    "call_exception_handler",
    "empty_receive",
    "empty_send",
    "encode_json",
    "request_response",
    "send_http_exception",
]

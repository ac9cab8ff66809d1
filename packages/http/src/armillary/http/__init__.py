"""Requests, responses, forms, ranges and server-sent events for any ASGI app.

>>> from armillary.http import Request, Response, request_response
>>> async def echo(request: Request) -> Response:
...     return Response(await request.body())
>>> app = request_response(echo)
"""

from armillary.serialization import (
    JSONDecoder,
    JSONEncoder,
    JSONError,
    ValidationError,
    ValidationIssue,
    decode_json,
    decode_msgspec,
    decode_orjson,
    encode_json,
    encode_msgspec,
    encode_orjson,
)

from ._body_stream import BodyStream
from ._channel import empty_receive, empty_send
from ._client_certificate import ClientCertificate
from ._condition import precondition_status, received_conditions
from ._data_response import check_undeclared
from ._endpoint import HTTPEndpoint
from ._exception_handling import call_exception_handler, handle_exception
from ._function_endpoint import request_response
from ._http_date import format_http_date, parse_http_date
from ._json_response import JSONResponse
from ._negotiation import best_language, best_media_type, media_type_quality
from ._problem import ProblemException, ProblemResponse, problem_details
from ._received_body import BodyTimeout
from ._redirect import RedirectResponse
from ._request import Request
from ._response import Background, Content, Response
from ._text_response import HTMLResponse, PlainTextResponse
from .files._disposition import format_content_disposition
from .files._file_status import is_same_content, is_same_file
from .files._open_file import FileReplaced, OpenFile
from .files._packed import packed_response
from .files._plan import FileDelivery, FilePlan, FileReader
from .files._range import ByteRange, MalformedRange, UnsatisfiableRange, parse_ranges
from .files._response import FileResponse
from .files._type import guess_media_type
from .forms._boundary import boundary_of
from .forms._data import FormData
from .forms._decoder import MultipartDecoder
from .forms._limits import FormError, FormLimits, FormTooLarge
from .forms._part_headers import PartHeaders, PartPolicy
from .forms._part_sink import PartSink
from .forms._parts import Part, PartStream
from .forms._pending import PendingForm
from .forms._spill_limit import SPILL_FILES, SpillLimit
from .forms._upload import UploadFile
from .forms._urlencoded import UrlencodedDecoder
from .streaming._event import ServerSentEvent, last_event_id
from .streaming._event_stream import EventSourceResponse
from .streaming._json_lines import JSONLinesResponse
from .streaming._response import AsyncContentStream, ContentStream, StreamingResponse, SyncContentStream, Trailers

__all__ = [
    "SPILL_FILES",
    "AsyncContentStream",
    "Background",
    "BodyStream",
    "BodyTimeout",
    "ByteRange",
    "ClientCertificate",
    "Content",
    "ContentStream",
    "EventSourceResponse",
    "FileDelivery",
    "FilePlan",
    "FileReader",
    "FileReplaced",
    "FileResponse",
    "FormData",
    "FormError",
    "FormLimits",
    "FormTooLarge",
    "HTMLResponse",
    "HTTPEndpoint",
    "JSONDecoder",
    "JSONEncoder",
    "JSONError",
    "JSONLinesResponse",
    "JSONResponse",
    "MalformedRange",
    "MultipartDecoder",
    "OpenFile",
    "Part",
    "PartHeaders",
    "PartPolicy",
    "PartSink",
    "PartStream",
    "PendingForm",
    "PlainTextResponse",
    "ProblemException",
    "ProblemResponse",
    "RedirectResponse",
    "Request",
    "Response",
    "ServerSentEvent",
    "SpillLimit",
    "StreamingResponse",
    "SyncContentStream",
    "Trailers",
    "UnsatisfiableRange",
    "UploadFile",
    "UrlencodedDecoder",
    "ValidationError",
    "ValidationIssue",
    "best_language",
    "best_media_type",
    "boundary_of",
    "call_exception_handler",
    "check_undeclared",
    "decode_json",
    "decode_msgspec",
    "decode_orjson",
    "empty_receive",
    "empty_send",
    "encode_json",
    "encode_msgspec",
    "encode_orjson",
    "format_content_disposition",
    "format_http_date",
    "guess_media_type",
    "handle_exception",
    "is_same_content",
    "is_same_file",
    "last_event_id",
    "media_type_quality",
    "packed_response",
    "parse_http_date",
    "parse_ranges",
    "precondition_status",
    "problem_details",
    "received_conditions",
    "request_response",
]

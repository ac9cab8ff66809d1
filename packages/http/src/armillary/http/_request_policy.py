"""How a class of requests reads its body, and how strictly: the policy that a subclass changes."""

from __future__ import annotations

from typing import ClassVar

from armillary.exchange import DEFAULT_MAX_BODY_SIZE
from armillary.serialization import JSONDecoder, decode_json


class RequestPolicy:
    """The policy of all requests of a class; the values here are the native ones.

    The drop-in for Starlette overrides most of them, and a subclass of `Request` may: each is read from the class.
    """

    max_body_size: ClassVar[int | None] = DEFAULT_MAX_BODY_SIZE
    """The limit in bytes on a body if the scope record has none; None for no limit."""

    rejects_declared_size: ClassVar[bool] = True
    """Whether a Content-Length over the limit is a 413 before the endpoint is called, which may never read the body."""

    keeps_rest_of_stream: ClassVar[bool] = False
    """Whether `body()` returns what is left of a body that was streamed in part; else that is an error."""

    body_idle_timeout: ClassVar[float | None] = 30.0
    """Seconds to wait for the next message of a body before a 408; None for no limit."""

    closes_form: ClassVar[bool] = True
    """Whether the files of a form are closed once the response was sent; detached ones never are."""

    json_decoder: ClassVar[JSONDecoder] = staticmethod(decode_json)
    """The decoder of `json()`; `decode_json` by default. It raises ValueError for what it cannot decode."""

    json_thread_size: ClassVar[int | None] = 1024 * 1024
    """Bytes of a JSON body above which it is decoded in a worker thread; None for never."""

    json_media_types_only: ClassVar[bool] = True
    """Whether `json()` rejects other media types, which any web page can send without a preflight."""

    errors_as_text: ClassVar[bool] = False
    """Whether an `HTTPException` without a handler is sent as plain text whatever the client prefers."""

    handlers_return_responses: ClassVar[bool] = True
    """Whether it is an error that an exception handler returns None; else nothing is sent."""

    wrong_scope_error: ClassVar[type[Exception]] = TypeError
    """Raised for a scope that is not one of HTTP."""

"""What an endpoint returns, as a response: compiled when the endpoint is constructed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from functools import lru_cache, partial
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Any, Final, cast, get_args, get_origin

import msgspec

from armillary.asgi_types import EndpointError, HTTPException, check_status_code
from armillary.datastructures import joined_lines
from armillary.exchange import BODILESS_STATUSES
from armillary.http import (
    EventSourceResponse,
    JSONLinesResponse,
    Request,
    Response,
    ServerSentEvent,
    StreamingResponse,
    best_media_type,
    check_undeclared,
)
from armillary.serialization import NO_DEFAULT, NOTHING, TypedEncoder, json_form, unwrap, without_members

from ._place import BindingError
from ._signature import ResultStream
from ._source_arguments import Marker, no_type
from ._sources import EventStream

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
DATA_TYPES: Final = (JSON, MSGPACK)
_WITHOUT_CONTENT: Final = (*BODILESS_STATUSES, 205)
"""The statuses of responses to which a client would find no content (RFC 9110 section 15.3.6 of 205)."""

_RESPONSES: Final = (Response, StreamingResponse)
"""In a tuple: `|` between classes makes a union each time."""

_VARY: Final = (b"vary", b"accept")
_ITERATORS: Final = (AsyncIterator, AsyncIterable, AsyncGenerator, Iterator, Iterable, Generator)
_MAX_KNOWN_ACCEPTS: Final = 256


class ResultEncoder:
    """Makes responses of what a function returns.

    Args:
        function: the endpoint, for errors.
        annotation: of its result; `NO_DEFAULT` if it has none.
        status_code: of the response; None for 200, or 204 if the result is None.

    Raises:
        BindingError: results of this type cannot be encoded.
    """

    def __init__(self, function: Callable[..., Any], annotation: Any, status_code: int | None) -> None:
        self.function = function
        self.declared = annotation
        self.streams: ResultStream | None = None
        self.media_types: tuple[str, ...] = DATA_TYPES
        self._encoder: TypedEncoder | None = None
        data = without_members(annotation, is_response_type)
        type_, metadata = unwrap(data)
        if isinstance(type_, Marker):
            raise BindingError(function, f"of its result {no_type(type_)}")
        self.is_none = type_ in (None, type(None))
        self.status_code = (204 if self.is_none else 200) if status_code is None else status_code
        if status_code is not None:
            self._check_status(status_code, has_content=data not in (NO_DEFAULT, NOTHING) and not self.is_none)
        self._accepts: dict[bytes, str | None] = {}
        generates = isasyncgenfunction(function) or isgeneratorfunction(function)
        self._encode_json: Callable[[Any], bytes] = _encode_anything
        self._encode_msgpack: Callable[[Any], bytes] = _encode_anything_msgpack
        self.respond: Callable[[Any, Request[Any]], Any] = self._respond_data
        if annotation is NO_DEFAULT:
            if generates:
                raise BindingError(
                    function,
                    "it yields values and has no return annotation: write `-> AsyncIterator[X]` for JSON Lines, or "
                    "`-> AsyncIterator[ServerSentEvent]` for events",
                )
        elif data is NOTHING:
            self.declared, self.media_types = NO_DEFAULT, ()
            self.respond = self._respond_response
        elif self.is_none:
            self.media_types = ()
            self.respond = self._respond_none
        elif get_origin(type_) in _ITERATORS or generates:
            self._set_stream(type_, metadata)
        elif type_ not in (Any, object):
            self.declared = data
            encoder = self._encoder_of(data)
            self._encode_json, self._encode_msgpack = encoder.encode_json, encoder.encode_msgpack

    def _check_status(self, status_code: int, has_content: bool) -> None:
        try:
            check_status_code(status_code)
        except (TypeError, ValueError) as exc:
            raise BindingError(self.function, str(exc)) from exc
        if status_code < 200:
            raise BindingError(self.function, f"status {status_code} is of no final response: choose one from 200 on")
        if has_content and status_code in _WITHOUT_CONTENT:
            raise BindingError(
                self.function,
                f"a response of status {status_code} has no content: annotate it `-> None`, or choose another",
            )

    def _set_stream(self, type_: Any, metadata: tuple[Any, ...]) -> None:
        arguments = get_args(type_)
        if get_origin(type_) not in _ITERATORS or not arguments:
            raise BindingError(self.function, f"it yields values; annotate it with AsyncIterator[X], not {type_!r}")
        data = without_members(arguments[0], _is_event_type)  # events pass as they are
        is_event = data is not arguments[0]
        item = ServerSentEvent if data is NOTHING else data
        inner = unwrap(item).type
        if is_event or any(note is EventStream or isinstance(note, EventStream) for note in metadata):
            self.streams = ResultStream(kind="sse", item=item)
            encode = None if data is NOTHING or inner is Any else self._encoder_of(item).encode_json
            factory: Any = EventSourceResponse if encode is None else partial(_event_stream, encode)
            self.media_types = ("text/event-stream",)
        else:
            self.streams = ResultStream(kind="jsonl", item=item)
            encode = _encode_anything if inner is Any else self._encoder_of(item).encode_json
            factory = type("JSONLines", (JSONLinesResponse,), {"encoder": staticmethod(encode)})
            self.media_types = ("application/jsonl",)
        status = self.status_code
        self.respond = lambda value, request: value if isinstance(value, Response) else factory(value, status)

    def _encoder_of(self, type_: Any) -> TypedEncoder:
        try:
            return _encoder_of_class(type_) if isinstance(type_, type) else TypedEncoder(type_)
        except (TypeError, NameError) as exc:
            raise BindingError(self.function, f"its result cannot be encoded: {exc}") from exc

    def _respond_data(self, value: Any, request: Request[Any]) -> Any:
        if isinstance(value, _RESPONSES):
            return value
        if self.declared is NO_DEFAULT:
            check_undeclared(value, self.function)
            if callable(value):
                return value  # another ASGI application
        media_type = self._media_type(request)
        try:
            body = self._encode_json(value) if media_type == JSON else self._encode_msgpack(value)
        except (TypeError, ValueError, msgspec.MsgspecError) as exc:
            raise EndpointError(self.function, f"returned what cannot be encoded: {exc}") from exc
        response = Response(body, self.status_code, media_type=media_type)
        response.raw_headers.append(_VARY)
        return response

    def _respond_none(self, value: Any, request: Request[Any]) -> Any:
        if value is None:
            return Response(None, self.status_code)
        if isinstance(value, Response):
            return value
        raise EndpointError(self.function, f"is declared `-> None` and returned {value!r:.80}; declare what it returns")

    def _respond_response(self, value: Any, request: Request[Any]) -> Any:
        if value is None or not callable(value):
            raise EndpointError(
                self.function,
                f"is declared to return a response and returned {value!r:.80}; return one, or declare that",
            )
        return value

    def _media_type(self, request: Request[Any]) -> str:
        """Return the media type of the result that the client accepts.

        Raises:
            HTTPException: 406, it accepts none.
        """
        accepted = joined_lines(request.scope["headers"], b"accept")
        if accepted is None or accepted == b"*/*" or accepted == b"application/json":
            return JSON
        if accepted in self._accepts:
            found = self._accepts[accepted]
        else:
            found = best_media_type(accepted.decode("latin-1"), DATA_TYPES)
            if len(self._accepts) < _MAX_KNOWN_ACCEPTS:
                self._accepts[accepted] = found
        if found is None:
            raise HTTPException(406, f"The result can be sent as {' or '.join(DATA_TYPES)}.", {"Vary": "Accept"})
        return found


def is_response_type(type_: Any) -> bool:
    """Return whether an annotation is that of a response, or of another ASGI application."""
    base: Any = get_origin(type_) or type_
    if not isinstance(base, type):
        return False
    if issubclass(base, Response | StreamingResponse):
        return True
    call: Any = cast(Any, base).__call__
    code = getattr(call, "__code__", None)
    return code is not None and code.co_argcount >= 4 and code.co_varnames[1:4] == ("scope", "receive", "send")


@lru_cache(256)
def _encoder_of_class(type_: type) -> TypedEncoder:
    """Return the encoder of a class, which many routes may return."""
    return TypedEncoder(type_)


def _is_event_type(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, ServerSentEvent)


def _encode_anything(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=json_form)


def _encode_anything_msgpack(value: Any) -> bytes:
    return msgspec.msgpack.encode(value, enc_hook=json_form)


def _event_stream(encode: Callable[[Any], bytes], content: Any, status_code: int) -> EventSourceResponse:
    """Return a stream of events with one value as the data of each."""

    async def events() -> AsyncIterator[Any]:
        async for value in content:
            yield value if isinstance(value, ServerSentEvent) else encode(value)

    def blocking_events() -> Iterator[Any]:
        for value in content:
            yield value if isinstance(value, ServerSentEvent) else encode(value)

    return EventSourceResponse(events() if hasattr(content, "__aiter__") else blocking_events(), status_code)

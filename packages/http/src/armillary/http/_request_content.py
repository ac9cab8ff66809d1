"""What the body of a request holds: JSON, a form, or parts."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar, overload

from armillary.concurrency import Limiter, run_in_threadpool
from armillary.datastructures import StateT
from armillary.serialization import json_error

from ._json_media_type import require_json_media_type
from ._received_body import STREAM_CONSUMED, shared_body
from ._request_body import RequestBody
from .forms._data import FormData
from .forms._media import content_type_of, form_decoder, open_parts
from .forms._parts import PartStream
from .forms._pending import PendingForm
from .forms._reading import read_form

ModelT = TypeVar("ModelT")

_MISSING: Any = object()

_DECODING = Limiter("decoding", 4)
"""For decoding large bodies: it occupies the processor, so more threads would only wait for each other."""


class RequestContent(RequestBody[StateT]):
    """The part of `Request` that decodes the body; its arguments are those."""

    _json: Any
    parsed_form: FormData | None = None
    """The form, once read; None before."""

    @overload
    async def json(self, *, any_media_type: bool = False) -> Any: ...

    @overload
    async def json(self, *, type: type[ModelT], any_media_type: bool = False) -> ModelT: ...

    async def json(self, *, type: Any = None, any_media_type: bool = False) -> Any:
        """Return the body decoded from JSON (RFC 8259); decoded once and kept.

        Args:
            type: validate into this type: a msgspec struct, a pydantic model, a dataclass, a
                TypedDict or anything built of these. Needs msgspec or pydantic.
            any_media_type: accept a body of any Content-Type.

        Raises:
            HTTPException: 415, the Content-Type is not JSON; 400, the body is not JSON, with the
                position; 422, it does not fit `type`, with the path of each error; 413 as `body()`.

        >>> async def create(request):
        ...     user = await request.json(type=dict[str, int])
        """
        if not any_media_type and self.json_media_types_only:
            require_json_media_type(self.scope)
        value = getattr(self, "_json", _MISSING)
        if value is _MISSING:
            body = await self.body()
            if self.json_thread_size is None or len(body) <= self.json_thread_size:
                value = self.decode_json_body(body)
            else:
                value = await run_in_threadpool(self.decode_json_body, body, limiter=_DECODING)
            self._json = value
        if type is None:
            return value
        from armillary.serialization import validate

        return validate(value, type)

    def decode_json_body(self, body: bytes) -> Any:
        """Return a body decoded by `json_decoder`; override to decode differently.

        Raises:
            HTTPException: 400, with the position.
        """
        try:
            return type(self).json_decoder(body)
        except (ValueError, RecursionError) as exc:
            raise json_error(exc, body) from None

    def form(self, **limits: int | None) -> PendingForm:
        """Return the form in the body: await it, or use it as `async with request.form() as form`.

        Its files are closed when the block ends, or else when the response was sent, except for
        those detached by `detach()`. A body of another media type is an empty form.

        Args:
            **limits: the fields of `FormLimits`, such as `max_files=10`.

        Raises:
            FormError: 400, the form is malformed.
            FormTooLarge: 413, it is over a limit.
            HTTPException, ClientDisconnect, RuntimeError: as `stream()`.

        Follows RFC 7578 and WHATWG URL section 5.1. Needs `armillary-http[forms]` for multipart.
        """
        return PendingForm(self, partial(self._read_form, limits))

    async def _read_form(self, limits: dict[str, Any]) -> FormData:
        if self.parsed_form is not None:
            return self.parsed_form
        shared = shared_body(self.scope, self._receive)
        if shared.form is None:
            shared.form = await self.parse_form(limits)
            for upload in shared.form.files():
                if upload.written:  # by the parser
                    del upload.written
        self.parsed_form = shared.form
        form: FormData = shared.form
        return form

    async def parse_form(self, limits: dict[str, Any]) -> FormData:
        """Read the form in the body; override to read it differently."""
        return await read_form(self.stream(), form_decoder(content_type_of(self.scope), limits))

    def parts(self, **limits: int | None) -> PartStream:
        """Iterate over the parts of a multipart body, keeping none.

        Each part is read, copied to a sink, or else skipped.

        Args:
            **limits: the fields of `FormLimits`, such as `max_file_size=10_000_000`.

        Raises:
            HTTPException: 415, the body is not multipart/form-data.
            FormError: 400, the form is malformed.
            FormTooLarge: 413, it is over a limit.

        >>> async def upload(request):
        ...     async for part in request.parts():
        ...         if part.filename:
        ...             await part.copy_to(open("upload", "wb"))
        """
        return open_parts(content_type_of(self.scope), self.stream(), limits)

    async def rewind(self) -> None:
        """Make the request readable again as it was received, for an endpoint that is run again.

        JSON is decoded again and uploads are at their start. A form whose files were closed or written to is read
        again, and a body may be streamed again, if `await request.body()` kept it before.

        Raises:
            RuntimeError: the body, or a file of the form, cannot be read again.
        """
        self.__dict__.pop("_json", None)
        shared = shared_body(self.scope, self._receive)
        kept = shared.body is not None or "_body" in self.__dict__
        form: FormData | None = shared.form if self.parsed_form is None else self.parsed_form
        if form is None:
            if shared.streaming and not kept:
                raise RuntimeError(STREAM_CONSUMED)
            return
        try:
            for upload in form.files():
                await upload.rewind()
        except RuntimeError:
            if not kept:
                raise
            await form.close_owned()
            self.parsed_form = shared.form = None

    async def close(self) -> None:
        """Close the files of the form, except for detached ones."""
        if self.parsed_form is not None:
            await self.parsed_form.close_owned()

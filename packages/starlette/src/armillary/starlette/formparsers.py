"""Form parsers as Starlette has them: `parse()` reads a form from a stream.

They are the native decoders with Starlette's limits, its leniency and its exception.
"""

from __future__ import annotations

import codecs
import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from enum import Enum, EnumMeta
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import unquote_plus

from armillary.datastructures import Headers as NativeHeaders, parse_media_type
from armillary.http import (
    FormError,
    FormLimits,
    FormTooLarge,
    MultipartDecoder,
    PartPolicy,
    UrlencodedDecoder,
    boundary_of,
)

from .datastructures import FormData, Headers, UploadFile
from .exceptions import StarletteDeprecationWarning

if TYPE_CHECKING:
    from ._multipart_part import MultipartPart

__all__ = ["FormMessage", "FormParser", "MultiPartException", "MultiPartParser", "MultipartPart"]

UNLIMITED = 2**63 - 1

_STARLETTE_MESSAGES = frozenset(
    ("Missing boundary in multipart.", 'The Content-Disposition header field "name" must be provided.')
)


_STARLETTE_LIMITS = ("Too many ", "Part exceeded ", "Field exceeded ")


class MultiPartException(Exception):
    """A form that is malformed or over a limit; inside an application it becomes a 400."""

    def __init__(self, message: str) -> None:
        self.message = message

    @classmethod
    def from_form_error(cls, error: FormError) -> MultiPartException:
        """Return the exception with Starlette's message for this error."""
        same = error.detail.startswith(_STARLETTE_LIMITS) or error.detail in _STARLETTE_MESSAGES
        return cls(error.detail if same else "Invalid multipart data.")


class _DeprecatedEnumMeta(EnumMeta):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        warnings.warn("`FormMessage` is deprecated and has no use.", StarletteDeprecationWarning, stacklevel=2)
        return cast(Any, super().__call__(*args, **kwargs))


class FormMessage(Enum, metaclass=_DeprecatedEnumMeta):
    """What an urlencoded parser reported, once."""

    FIELD_START = 1
    FIELD_NAME = 2
    FIELD_DATA = 3
    FIELD_END = 4
    END = 5


def __getattr__(name: str) -> Any:
    if name == "MultipartPart":
        from ._multipart_part import MultipartPart

        # The module's own classes say which name it goes by now.
        MultipartPart.__module__ = MultiPartParser.__module__
        globals()[name] = MultipartPart
        return MultipartPart
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


class _Latin1Decoder(UrlencodedDecoder):
    """The native decoder, for which a byte that should be encoded and is not is a character of latin-1."""

    def decode_field(self, field: bytes) -> tuple[str, str]:
        name, _, value = field.decode("latin-1").partition("=")
        return unquote_plus(name), unquote_plus(value)


class FormParser:
    """Reads an urlencoded form.

    The callbacks are for subclasses: if one is overridden, each field is reported.
    """

    def __init__(
        self,
        headers: NativeHeaders,
        stream: AsyncGenerator[bytes, None] | AsyncIterator[bytes],
        *,
        max_fields: int | float = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> None:
        self.headers = headers
        self.stream = stream
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self._current_fields = 0
        self._field_name = b""
        self._field_value = b""

    def on_field_start(self) -> None:
        """A field begins."""
        self._field_name = self._field_value = b""

    def on_field_name(self, data: bytes, start: int, end: int) -> None:
        """The name of the field is `data[start:end]`."""
        self._field_name += data[start:end]

    def on_field_data(self, data: bytes, start: int, end: int) -> None:
        """The value of the field is `data[start:end]`."""
        self._field_value += data[start:end]

    def on_field_end(self) -> None:
        """The field is complete."""

    def on_end(self) -> None:
        """The form is complete."""

    async def parse(self) -> FormData:
        """Read the form to its end."""
        limits = FormLimits(
            max_fields=_whole(self.max_fields), max_part_size=self.max_part_size, max_fields_size=UNLIMITED
        )
        decoder = _Latin1Decoder(limits)
        try:
            async for chunk in self.stream:
                decoder.feed(chunk)
            pairs = decoder.finish()
        except FormTooLarge as error:
            self._current_fields = decoder.fields_begun
            raise MultiPartException.from_form_error(error) from None
        self._current_fields = len(pairs)
        self._report(pairs)
        return FormData(pairs)

    def _report(self, pairs: list[tuple[str, str]]) -> None:
        callbacks = ("on_field_start", "on_field_name", "on_field_data", "on_field_end", "on_end")
        if all(getattr(type(self), name) is getattr(FormParser, name) for name in callbacks):
            return
        for name, value in pairs:
            self.on_field_start()
            self.on_field_name(name.encode(), 0, len(name.encode()))
            self.on_field_data(value.encode(), 0, len(value.encode()))
            self.on_field_end()
        self.on_end()


class MultiPartParser(MultipartDecoder):
    """Reads a multipart form; files are spooled, on disk when they grow."""

    spool_max_size: ClassVar[int] = 1024 * 1024
    """The maximum size of the spooled temporary file used to store file data."""

    max_part_size = 1024 * 1024
    """The maximum size of a field in bytes; the argument of the constructor takes its place."""

    part_policy = PartPolicy(keeps_paths=True, unescapes_names=False, reads_charset=False, is_strict=False)
    demands_end = False

    def __init__(
        self,
        headers: NativeHeaders,
        stream: AsyncGenerator[bytes, None] | AsyncIterator[bytes],
        *,
        max_files: int | float = 1000,
        max_fields: int | float = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> None:
        self.headers = headers
        self.stream = stream
        self.max_files = max_files
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self.items: list[tuple[str, str | UploadFile]] = []
        self._opened: list[UploadFile] = []

    async def parse(self) -> FormData:
        """Read the form to its end."""
        try:
            self._prepare()
            begun = False
            async for chunk in self.stream:
                # Any number of line breaks may stand before the first boundary.
                data = chunk if begun else chunk.lstrip(b"\r\n")
                begun = begun or bool(data)
                for event in self.feed(data):
                    await self._take(event)
            self.finish()
        except FormError as error:
            self._close_files()
            raise MultiPartException.from_form_error(error) from None
        except BaseException:
            self._close_files()
            raise
        if self._upload is not None:  # the form ended in the middle of it
            self._upload.file.close()
        return FormData(self.items)

    def _prepare(self) -> None:
        parameters = parse_media_type(self.headers["content-type"])[1]
        limits = FormLimits(
            max_files=_whole(self.max_files),
            max_fields=_whole(self.max_fields),
            max_part_size=self.max_part_size,
            max_fields_size=UNLIMITED,
            max_header_size=4096 + 128,
            max_preamble_size=len("\r\n"),
            max_epilogue_size=UNLIMITED,
        )
        charset = _text_charset(parameters.get("charset", "utf-8"))
        super().__init__(boundary_of(parameters), limits, charset)
        self._part_headers: Any = None
        self._text = bytearray()
        self._upload: UploadFile | None = None

    def decode_text(self, data: bytes) -> str:
        try:
            return data.decode(self.charset)
        except (UnicodeError, LookupError):
            return data.decode("latin-1")

    async def _take(self, event: Any) -> None:
        if isinstance(event, bytes):
            if self._upload is None:
                self._text += event
            else:
                await self._upload.write(event)
        elif event is not None:
            self._part_headers = event
            self._upload = None if event.filename is None else self._open_upload(event)
        elif self._upload is None:
            self.items.append((self._part_headers.name, self.decode_text(bytes(self._text))))
            self._text = bytearray()
        else:
            await self._upload.seek(0)
            self.items.append((self._part_headers.name, self._upload))
            self._upload = None

    def _open_upload(self, part: Any) -> UploadFile:
        file: Any = SpooledTemporaryFile(max_size=self.spool_max_size)  # noqa: SIM115 - the form closes it
        upload = UploadFile(file, size=0, filename=part.filename, headers=Headers(raw=part.headers.raw))
        self._opened.append(upload)
        return upload

    def _close_files(self) -> None:
        for upload in self._opened:
            upload.file.close()


def _whole(limit: int | float) -> int:
    return UNLIMITED if limit == float("inf") else int(limit)


def _text_charset(charset: str) -> str:
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return "latin-1"

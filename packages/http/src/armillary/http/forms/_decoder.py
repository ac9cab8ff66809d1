"""The parser of `multipart/form-data` (RFC 7578, RFC 2046 section 5.1). It does no I/O.

python-multipart does the parsing. This module adds the limits, the preamble, which that parser
does not accept, and the check that the body is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ._limits import FormError, FormLimits, FormTooLarge, too_large
from ._part_events import PartEvent, PartEvents

if TYPE_CHECKING:
    from python_multipart import MultipartParser


def load_multipart() -> Any:
    """Return the module `python_multipart`; `RuntimeError` naming the extra if it is missing."""
    try:
        import python_multipart
    except ImportError:
        raise RuntimeError("multipart forms need python-multipart: pip install armillary-http[forms]") from None
    return python_multipart


_WINDOW_SIZE = 64 * 1024
"""Bytes parsed at once; a larger piece is split."""


class MultipartDecoder(PartEvents):
    """Turns the pieces of a multipart body into events, wherever the body was split.

    Args:
        boundary: as given in the Content-Type.
        limits: all of them apply.
        charset: of names, file names and, for the caller, of fields.

    The body is in one of four sections. A window is a piece of it, or as much of one as is parsed at once.

    | section   | ends with                            | what is done with a window                              |
    | --------- | ------------------------------------ | ------------------------------------------------------- |
    | preamble  | the first boundary, at a line's start | is kept, up to its limit, until that is found           |
    | padding   | anything but a space or tab          | the padding is dropped                                  |
    | parts     | the closing boundary                 | the parser gets it; without a boundary it is content    |
    | epilogue  | the end of the body                  | is counted, up to its limit                             |

    Rules:
    - Content that contains no part of a boundary never reaches the parser, which takes longer to find that out.
    - A boundary right after the headers of a part is malformed (RFC 2046 section 5.1.1 gives the empty line to it).
    - Counts are of received bytes, at the moment they exceed a limit; where the body is split makes no difference.

    >>> decoder = MultipartDecoder(b"B")
    >>> body = b'--B\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--B--\\r\\n'
    >>> [getattr(event, "name", event) for event in decoder.feed(body)]
    ['a', b'1', None]
    >>> decoder.finish()
    """

    demands_end: ClassVar[bool] = True
    """Whether a body that ends before its closing boundary is rejected."""

    def __init__(
        self,
        boundary: bytes,
        limits: FormLimits = FormLimits(),  # noqa: B008 - immutable
        charset: str = "utf-8",
    ) -> None:
        super().__init__(boundary, limits, charset)
        self._boundary_line = b"\r\n--" + boundary
        self._parser = self._new_parser(boundary)
        self._total = 0
        # The section: in the preamble, then in the padding, then in the parts until the end.
        self._begun = False
        self._padded = False
        self._head = b""  # the preamble so far
        self._tail = b"\r\n"  # the end of the windows so far: where a boundary that is split begins
        self._epilogue = 0

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        limits = self._limits
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self.on_part_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_part_end": self.on_part_end,
            "on_end": self.on_end,
        }
        library = load_multipart()
        parser: MultipartParser = library.MultipartParser(
            boundary,
            callbacks,
            max_header_count=limits.max_part_headers,
            max_header_size=limits.max_header_size,
        )
        self._content_state = library.multipart.MultipartState.PART_DATA
        self._malformed: type[Exception] = library.exceptions.FormParserError
        # The parser logs each malformed body: a client must not be able to fill the log.
        parser.logger = _SilentLogger()  # type: ignore[assignment]
        return parser

    def feed(self, data: bytes) -> list[PartEvent]:
        """Take the next piece of the body and return what it completes.

        Raises:
            FormTooLarge: a limit is exceeded.
            FormError: the body is malformed.
        """
        limits = self._limits
        self._total += len(data)
        if limits.max_total_size is not None and self._total > limits.max_total_size:
            raise too_large("Form", limits.max_total_size)
        windows: tuple[bytes, ...] = (data,)
        if len(data) > _WINDOW_SIZE:
            windows = tuple(data[start : start + _WINDOW_SIZE] for start in range(0, len(data), _WINDOW_SIZE))
        for window in windows:
            if self._part is not None and self._is_all_content(window):
                self._window = window
                self.on_part_data(window, 0, len(window))
                self._keep_tail(window)
            elif self._ended:
                self._count_epilogue(len(window))
            else:
                self._parse(window)
        events, self._events = self._events, []
        return events

    def _parse(self, window: bytes) -> None:
        """Take a window that is not all content, nor after the end."""
        if not self._begun:
            window = self._skip_preamble(window)
            if not self._begun:
                return
        if not self._padded:
            window = window.lstrip(b" \t")  # RFC 2046 section 5.1.1: transport padding after the boundary
            self._padded = bool(window)
        self._window = window
        self._content_end = 0
        try:
            self._parser.write(window)
        except self._malformed as exc:
            raise self._error_for(exc) from None
        if self._ended:
            self._count_epilogue(self._size_after_end(window))
        self._window = b""
        self._keep_tail(window)

    def _error_for(self, exc: Exception) -> FormError:
        """Return the error for what the parser raised; only its message says which limit on headers it is."""
        message = str(exc)
        if message.startswith("Maximum header count"):
            return FormTooLarge(f"A multipart part has more than {self._limits.max_part_headers} headers.")
        if message.startswith("Maximum header size"):
            return too_large("A header of a multipart part", self._limits.max_header_size)
        return FormError(f"Invalid multipart data: {message}.")

    def _keep_tail(self, window: bytes) -> None:
        """Keep the end of what was read, as far as it may be the start of a boundary."""
        keep = len(self._delimiter) + 4
        self._tail = window[-keep:] if len(window) >= keep else (self._tail + window)[-keep:]

    def _is_all_content(self, window: bytes) -> bool:
        """Return whether a window inside a part contains neither a boundary nor the start of one.

        The parser would then emit it unchanged and stay in the same state. Finding one byte, and
        `rfind`, take a fraction of the time of the parser's `find`.
        """
        parser = self._parser
        if parser.state != self._content_state or parser.index != 0:
            return False
        first = window.find(b"\r")
        if first < 0:
            return True
        line = self._boundary_line
        if window.rfind(line, first) >= 0:
            return False
        cr = window.rfind(b"\r", max(0, len(window) - len(line) + 1))
        return cr < 0 or not line.startswith(window[cr:])

    def _size_after_end(self, window: bytes) -> int:
        """Return how many bytes of the window that ended the body come after the closing boundary.

        That is the first one after the content, and may begin before the window: then it is looked for there first,
        since what follows may contain another.
        """
        closing = self._boundary_line + b"--"
        joined = self._tail + window[: len(closing) - 1]
        start = joined.find(closing)
        if start >= 0:
            return len(window) - (start + len(closing) - len(self._tail))
        # What was emitted as content cannot contain the boundary, so most of the window is not searched.
        return len(window) - window.find(closing, self._content_end) - len(closing)

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            FormError: it ended before its closing boundary, or has none at all.
        """
        if self._head and not self._begun:
            raise FormError("Invalid multipart data: it contains no boundary.")
        if self.demands_end and not self._ended:
            raise FormError("The multipart body ends before its closing boundary.")

    def _skip_preamble(self, window: bytes) -> bytes:
        """Keep a window of the preamble; once the first boundary is there, return the parser's first window.

        The parser accepts no preamble and no padding. So it gets the boundary here, and what follows the padding later;
        or the boundary with what follows, if that is no padding.
        """
        limit = self._limits.max_preamble_size
        head = self._head + window
        if head.startswith(self._delimiter):
            start = 0
        else:
            start = head.find(self._boundary_line, 0, limit + len(self._delimiter)) + 2
            if start < 2:
                if len(head) >= limit + len(self._delimiter):
                    raise FormTooLarge(f"No multipart boundary within the first {limit} bytes.")
                self._head = head
                return b""
        self._begun = True
        self._head = b""
        after = start + len(self._delimiter)
        if head[after : after + 1] in (b"\r", b"-"):
            self._padded = True
            return head[start:]
        self._parser.write(self._delimiter)
        self._tail = self._boundary_line
        return head[after:]

    def _count_epilogue(self, size: int) -> None:
        self._epilogue += size
        if self._epilogue > self._limits.max_epilogue_size:
            raise too_large("Multipart epilogue", self._limits.max_epilogue_size)


class _SilentLogger:
    """A logger that drops everything."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _drop


def _drop(*args: object, **kwargs: object) -> None:
    return None

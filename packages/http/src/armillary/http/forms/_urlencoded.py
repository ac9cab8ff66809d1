"""The parser of `application/x-www-form-urlencoded` (WHATWG URL section 5.1). It does no I/O.

Only `&` separates fields. A field without `=` is a name with an empty value; empty fields are
skipped. Text is UTF-8, and invalid bytes become U+FFFD.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from ._limits import FormLimits, too_large, too_many

Pair = tuple[str, str]


class UrlencodedDecoder:
    """Turns the pieces of a urlencoded body into pairs.

    Args:
        limits: `max_fields`, `max_part_size`, `max_fields_size` and `max_total_size` apply.

    >>> decoder = UrlencodedDecoder()
    >>> decoder.feed(b"a=1&b=%2")
    >>> decoder.feed(b"6")
    >>> decoder.finish()
    [('a', '1'), ('b', '&')]
    """

    def __init__(self, limits: FormLimits = FormLimits()) -> None:  # noqa: B008 - immutable
        self._limits = limits
        self._pairs: list[Pair] = []
        self._separators = 0
        self._seen = 0
        self._total = 0
        # The bytes after the last separator, in the pieces they arrived in: joining them at each
        # piece would take quadratic time for a body that arrives byte by byte.
        self._rest: list[bytes] = []
        self._rest_size = 0

    @property
    def fields_begun(self) -> int:
        """Fields seen so far, at most one more than allowed."""
        return min(self._seen, self._limits.max_fields + 1)

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body.

        Raises:
            FormTooLarge: a limit is exceeded.
        """
        limits = self._limits
        self._total += len(data)
        if limits.max_total_size is not None and self._total > limits.max_total_size:
            raise too_large("Form", limits.max_total_size)
        if self._total > limits.max_fields_size:
            raise too_large("Fields", limits.max_fields_size)
        separators = data.count(b"&")
        if not separators:
            self._keep(data)
            return
        self._separators += separators
        if self._separators > 2 * limits.max_fields + 16:
            # Empty fields are not counted, but a body of separators is not a form.
            self._seen = self._separators
            raise too_many("fields", limits.max_fields)
        end = data.rfind(b"&")
        complete = data[:end]
        if self._rest:
            complete = b"".join((*self._rest, complete))
            self._rest.clear()
            self._rest_size = 0
        self._take(complete)
        self._keep(data[end + 1 :])

    def _keep(self, data: bytes) -> None:
        if data:
            self._rest.append(data)
            self._rest_size += len(data)
            if self._rest_size > 2 * self._limits.max_part_size + 1:
                raise too_large("Field", self._limits.max_part_size)

    def finish(self) -> list[Pair]:
        """Return the pairs of the complete body.

        Raises:
            FormTooLarge: a limit is exceeded.
        """
        if self._rest:
            rest = b"".join(self._rest)
            self._rest.clear()
            self._take(rest)
        return self._pairs

    def _take(self, data: bytes) -> None:
        limits = self._limits
        fields = [field for field in data.split(b"&") if field]
        self._seen += len(fields)
        if self._seen > limits.max_fields:
            raise too_many("fields", limits.max_fields)
        if len(data) > limits.max_part_size:
            _check_sizes(fields, limits.max_part_size)
        if data.isascii():
            self._pairs += _decode_ascii(data.decode("ascii"))
        else:
            self._pairs += [self.decode_field(field) for field in fields]

    def decode_field(self, field: bytes) -> Pair:
        """Return the name and the value of a field, of a part of the body that has bytes outside of ASCII."""
        name, _, value = field.replace(b"+", b" ").partition(b"=")
        return unquote_to_bytes(name).decode("utf-8", "replace"), unquote_to_bytes(value).decode("utf-8", "replace")


def _check_sizes(fields: list[bytes], limit: int) -> None:
    for field in fields:
        if len(field) > limit:
            name, _, value = field.partition(b"=")
            if len(name) > limit or len(value) > limit:
                raise too_large("Field", limit)


def _decode_ascii(text: str) -> list[Pair]:
    if "+" in text:
        text = text.replace("+", " ")
    pairs = [(field.partition("=")) for field in text.split("&") if field]
    if "%" not in text:
        return [(name, value) for name, _, value in pairs]
    return [
        (_unquote(name) if "%" in name else name, _unquote(value) if "%" in value else value)
        for name, _, value in pairs
    ]


def _unquote(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "replace")

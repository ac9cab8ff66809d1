"""Decoding and converting into a type: compiled once for each type, by msgspec or pydantic."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import re
import sys
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Final, Generic, TypeVar, overload

from armillary.asgi_types import HTTPException

from ._completion import leaves_defaults
from ._constraints import check_type
from ._decoding_steps import checked_by, completed, with_limited_depth
from ._fields import nests_freely, type_holds
from ._issue_search import find_issues
from ._issues import ValidationError, issue_at, kind_of
from ._json_decoding import json_error
from ._json_pieces import decode_json
from ._made_fields import makes_fields, without_made_fields
from ._reported_issue import reported_issue
from ._text_classes import from_text

T = TypeVar("T")

# What pydantic decodes and JSON does not have, or what may be too large for a float.
_SUSPICIOUS: Final = re.compile(rb"NaN|Infinity|[eE]\+?[0-9]{3}")

_SENT_TO_FUNCTIONS: Final = re.compile("'function-(?:before|wrap|plain)'")


class TypedDecoder(Generic[T]):
    """Makes values of one type, from JSON, MessagePack or decoded values.

    Args:
        type_: the type: a msgspec struct, a pydantic model, a dataclass, a TypedDict, an attrs class, or anything
            built of these and of what JSON has.

    Attributes:
        type: the annotation, its constraints translated for the library that validates.
        library: "msgspec" or "pydantic".

    Raises:
        TypeError: the library does not support the type, would not check one of its constraints, or is not installed.

    >>> TypedDecoder(list[int]).decode_json(b"[1, 2]")
    [1, 2]
    """

    @overload
    def __init__(self, type_: type[T]) -> None: ...
    @overload  # what is no class: a union, an alias
    def __init__(self: TypedDecoder[Any], type_: Any) -> None: ...

    def __init__(self, type_: Any) -> None:
        checked = check_type(type_)
        self.type: Any = checked.type
        self.library = checked.library
        self._decode: Callable[[bytes], Any]
        self._convert: Callable[[Any], Any]
        self._invalid: tuple[type[Exception], ...]
        if self.library == "msgspec" and _has_msgspec():
            self._use_msgspec()
        else:
            self.library, self.type = "pydantic", type_
            self._use_pydantic()
        self._unusual: tuple[type[Exception], ...] = ()
        self._unmet: tuple[type[Exception], ...] = ()
        decimal = sys.modules.get("decimal")
        if decimal is not None and type_holds(self.type, lambda kind: kind is decimal.Decimal):
            from ._decimals import UnusualDecimal, checked as with_usual_decimals

            self._decode = with_usual_decimals(self._decode, self._has_odd_decimals)
            self._convert = with_usual_decimals(self._convert, self._has_odd_decimals)
            self._unusual = (UnusualDecimal,)
            self._invalid += self._unusual
        if checked.has_own and self.library == "msgspec":
            self._use_own_checks()

    def _use_msgspec(self) -> None:
        import msgspec

        from ._readable import unreadable_class

        kind = unreadable_class(self.type)
        if kind is not None:
            raise TypeError(
                f"JSON cannot be read into {kind.__qualname__}: write a msgspec struct, a dataclass, a pydantic model, "
                "or what JSON has"
            )
        self._decode = _decoder(msgspec.json.Decoder, self.type).decode
        self._convert = partial(msgspec.convert, type=self.type, dec_hook=from_text)
        if nests_freely(self.type):
            self._decode = with_limited_depth(self._decode)
        if makes_fields(self.type):
            self._decode, self._convert = without_made_fields(self._decode, decode_json, self._convert, self.type)
        if leaves_defaults(self.type):
            self._decode, self._convert = completed(self._decode), completed(self._convert)
        self._invalid = (msgspec.ValidationError, UnicodeEncodeError)
        self._malformed: Any = (msgspec.DecodeError, ValueError, RecursionError)

    def _use_own_checks(self) -> None:
        from ._unmet_constraint import UnmetConstraint
        from ._value_checks import value_check

        check = value_check(self.type)
        if check is None:
            return
        self._decode, self._convert = checked_by(self._decode, check), checked_by(self._convert, check)
        self._unmet = (UnmetConstraint,)
        self._invalid += self._unmet

    def _use_pydantic(self) -> None:
        try:
            import pydantic
        except ImportError:
            raise TypeError(
                f"validating into {self.type!r} needs msgspec or pydantic: pip install armillary-serialization[msgspec]"
            ) from None
        try:
            self._adapter: Any = pydantic.TypeAdapter(self.type)
        except (pydantic.errors.PydanticUserError, pydantic.errors.PydanticUndefinedAnnotation) as exc:
            raise TypeError(f"pydantic cannot validate {self.type!r}: {exc.message.splitlines()[0]}") from exc
        self._any: Any = pydantic.TypeAdapter(Any)
        self._decode = self._pydantic_decode
        self._convert = self._pydantic_convert
        self._invalid = (pydantic.ValidationError,)
        self._malformed = (ValueError, RecursionError)

    def decode_json(self, body: bytes) -> T:
        """Return the value of a JSON text.

        Raises:
            HTTPException: 400, it is not JSON, with the position; 422, a `ValidationError`: it does not match.
        """
        try:
            return self._decode(body)  # type: ignore[no-any-return]
        except self._invalid as exc:
            try:
                value = decode_json(body)
            except (ValueError, RecursionError) as malformed:
                raise json_error(malformed, body) from None
            if _says_malformed(exc):
                return self.convert(value)
            return self._value_or_error(exc, value, "body", "The request body")
        except self._malformed:
            pass
        # Not JSON; or JSON that only the other decoder takes, such as with an escaped half of a surrogate pair.
        try:
            value = decode_json(body)
        except (ValueError, RecursionError) as malformed:
            raise json_error(malformed, body) from None
        return self.convert(value)

    def decode_msgpack(self, body: bytes) -> T:
        """Return the value of a MessagePack document, by msgspec.

        Raises:
            HTTPException: 400, it is not MessagePack; 422, a `ValidationError`: it does not match.
        """
        import msgspec

        try:
            value = msgspec.msgpack.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise HTTPException(400, "The request body is not valid MessagePack.") from None
        return self.convert(value)

    def convert(self, value: Any, *, location: str = "body", subject: str = "The request body") -> T:
        """Return a decoded value as one of the type.

        Args:
            value: made of what JSON has.
            location: the part of the request it is from, for the errors.
            subject: what it is, the first words of the message.

        Raises:
            ValidationError: 422, it does not match.
        """
        try:
            return self._convert(value)  # type: ignore[no-any-return]
        except self._invalid as exc:
            return self._value_or_error(exc, value, location, subject)
        except RecursionError:
            raise _too_deep(value, location, subject) from None

    def _value_or_error(self, exc: Any, source: Any, location: str, subject: str) -> T:
        """Return the value if nothing that was sent is wrong with it, only defaults.

        Raises:
            ValidationError: something that was sent is wrong.
        """
        unmet: Any = exc if isinstance(exc, self._unmet) else None
        if unmet is None:
            try:
                error = self._error(exc, source, location, subject)
            except RecursionError:
                error = _too_deep(source, location, subject)
            raise error from None
        found = unmet.sent(source)
        if not found:
            return unmet.value  # type: ignore[no-any-return]
        issues = [issue_at(place, expected, kind_of(value), location) for place, expected, value in found]
        raise ValidationError(issues, subject) from None

    def _has_odd_decimals(self, source: Any) -> bool:
        from ._decimals import UnusualDecimal, require_usual

        if self.library == "pydantic" and self._reads_by_functions:
            return False
        value = decode_json(bytes(source)) if isinstance(source, bytes | bytearray | memoryview) else source
        return bool(find_issues(value, self.type, require_usual, UnusualDecimal, "body"))

    @cached_property
    def _reads_by_functions(self) -> bool:
        """Whether functions of the program see what was sent before pydantic does, and may change it."""
        return _SENT_TO_FUNCTIONS.search(repr(self._adapter.core_schema)) is not None

    def _pydantic_decode(self, body: bytes) -> Any:
        if _SUSPICIOUS.search(body):
            decode_json(body)
        return self._adapter.validate_json(body)

    def _pydantic_convert(self, value: Any) -> Any:
        try:
            text = self._any.dump_json(value)
        except ValueError:  # a lone surrogate, which JSON can escape and UTF-8 cannot encode
            return self._adapter.validate_python(value)
        # As JSON, since strict models accept dates and UUIDs as text from JSON only.
        return self._adapter.validate_json(text)

    def _error(self, exc: Any, value: Any, location: str, subject: str) -> ValidationError:
        if isinstance(exc, self._unusual):
            from ._decimals import UnusualDecimal, require_usual

            places = find_issues(value, self.type, require_usual, UnusualDecimal, location)
            return ValidationError(places or [issue_at((), str(exc), kind_of(value), location)], subject)
        if self.library == "pydantic":
            from ._pydantic_issues import pydantic_issues

            return ValidationError(pydantic_issues(exc, value, location), subject)
        import msgspec

        convert: Any = partial(msgspec.convert, dec_hook=from_text)
        if self._unmet:
            from ._value_checks import checking

            convert = checking(convert)
        issues = find_issues(value, self.type, convert, msgspec.ValidationError, location)
        return ValidationError(issues or [reported_issue(exc, value, location)], subject)


def _too_deep(value: Any, location: str, subject: str) -> ValidationError:
    message = "Expected fewer levels: it nests too deep for its type"
    return ValidationError([issue_at((), message, kind_of(value), location)], subject)


def _has_msgspec() -> bool:
    try:
        import msgspec  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True


def _says_malformed(exc: Any) -> bool:
    """Return whether pydantic says of a text that it is not JSON."""
    return hasattr(exc, "errors") and exc.errors()[0]["type"] == "json_invalid"


def _decoder(decoder: Any, type_: Any) -> Any:
    try:
        return decoder(type_, dec_hook=from_text)
    except (TypeError, NameError, ValueError) as exc:
        fix = "; give structs tags, or write models of pydantic's" if "union" in str(exc) else ""
        raise TypeError(f"msgspec cannot validate {type_!r}: {exc}{fix}") from exc

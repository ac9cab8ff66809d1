"""Conversion of the text of a path, query, header, cookie or form value to its type."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin
from uuid import UUID

import msgspec

from armillary.serialization import (
    TypedDecoder,
    UnmetConstraint,
    ValidationError,
    check_type,
    is_optional,
    is_text_class,
    once_per_type,
    read_decimal,
    union_members,
    unwrap,
    value_check,
)

from ._scalars import (
    read_boolean,
    read_date,
    read_datetime,
    read_duration,
    read_float,
    read_integer,
    read_text,
    read_time,
    read_uuid,
)

_LISTS: Final[dict[Any, Callable[[list[Any]], Any]]] = {list: list, set: set, frozenset: frozenset, tuple: tuple}

_OF_TEXT: Final = frozenset(("BeforeValidator", "PlainValidator", "WrapValidator"))
"""Validators of pydantic's that are given the text, before it is converted."""


class TextType(NamedTuple):
    """How text becomes a value.

    Attributes:
        convert: converts the text, or the list of texts if `many`; raises ValueError or msgspec's ValidationError.
        expected: describes a valid value, for a message such as "Expected a whole number".
        types: values of these types are used unchanged.
        many: whether the parameter may be repeated.
        optional: whether None is a value.
        check: checks constraints after the conversion, and raises as it does; None if there are none.
    """

    convert: Callable[[Any], Any]
    expected: str
    types: tuple[type, ...]
    many: bool = False
    optional: bool = False
    check: Callable[[Any], Any] | None = None

    def reader(self) -> Callable[[Any], Any]:
        """Return the conversion with the check."""
        convert, check = self.convert, self.check
        return convert if check is None else lambda text: check(convert(text))

    def value_reader(self) -> Callable[[Any], Any]:
        """Return the same for what a route may have converted already."""
        types, read, check = self.types, self.reader(), self.check

        def read_value(value: Any) -> Any:
            # Text is read even if it could be the value: one of `int | str` may be a number.
            if type(value) is not str and type(value) in types:
                return value if check is None else check(value)
            return read(str(value))

        return read_value


_SCALARS: Final[dict[Any, TextType]] = {
    str: TextType(read_text, "text", (str,)),
    int: TextType(read_integer, "a whole number", (int,)),
    float: TextType(read_float, "a number", (float, int)),
    Decimal: TextType(read_decimal, "a number", (Decimal,)),
    bool: TextType(read_boolean, "true or false", (bool,)),
    UUID: TextType(read_uuid, "a UUID", (UUID,)),
    datetime: TextType(read_datetime, "a date and time such as 2026-01-31T12:00:00", (datetime,)),
    date: TextType(read_date, "a date such as 2026-01-31", (date,)),
    time: TextType(read_time, "a time such as 12:00:00", (time,)),
    timedelta: TextType(read_duration, "a duration such as PT1H30M", (timedelta,)),
    Any: TextType(read_text, "text", (object,)),
}


@once_per_type
def text_type(annotation: Any) -> TextType | None:
    """Return how an annotation is read from text; None if it cannot be.

    >>> text_type(list[int]).convert(["7", "8"])
    [7, 8]
    """
    type_, metadata = unwrap(annotation)
    found = _plain(type_)
    if found is None or not metadata:
        return found
    if check_type(annotation).library != "pydantic":
        return found._replace(check=check_of(annotation))
    read = _reader_by_pydantic(TypedDecoder[Any](annotation))
    if any(type(item).__name__ in _OF_TEXT for item in metadata):
        return found._replace(convert=read, types=())
    return found._replace(check=read)


def check_of(annotation: Any) -> Callable[[Any], Any] | None:
    """Return what checks the constraints of a value that is converted already; None if there are none.

    Raises:
        TypeError: the type cannot have one of them.
    """
    checked = check_type(annotation)
    has_meta = any(type(item) is msgspec.Meta for item in unwrap(checked.type).metadata)
    by_msgspec = _check_by_msgspec(checked.type) if has_meta else None
    own = value_check(checked.type) if checked.has_own else None
    return by_msgspec if own is None else _both_checks(by_msgspec, own)


def _check_by_msgspec(annotation: Any) -> Callable[[Any], Any]:
    """Return what checks constraints after the conversion."""
    try:
        msgspec.json.Decoder(annotation)
    except TypeError as exc:
        raise TypeError(f"{annotation!r} cannot be: {exc}") from exc
    return partial(msgspec.convert, type=annotation)


def _both_checks(first: Callable[[Any], Any] | None, check: Callable[[Any], None]) -> Callable[[Any], Any]:
    def check_value(value: Any) -> Any:
        value = value if first is None else first(value)
        try:
            check(value)
        except UnmetConstraint as exc:
            raise msgspec.ValidationError(str(exc)) from None
        return value

    return check_value


def _plain(type_: Any) -> TextType | None:
    try:
        found = _SCALARS.get(type_)
    except TypeError:  # what cannot be hashed is no type, but for a list of what has such metadata
        if get_origin(type_) is None:
            return None
        found = None
    if found is not None:
        return found
    members = union_members(type_)
    if is_optional(type_) or len(members) != 1:
        inner = [text_type(member) for member in members]
        if any(item is None for item in inner):
            return None
        only: list[TextType] = [item for item in inner if item is not None]
        found = only[0] if len(only) == 1 else _first_of(only)
        return None if found is None else found._replace(optional=is_optional(type_))
    origin: Any = get_origin(type_) or type_
    arguments: tuple[Any, ...] = get_args(type_)
    if origin in _LISTS:
        if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
            return None
        item = text_type(arguments[0]) if arguments else _SCALARS[str]
        return None if item is None or item.many else _list_of(item, _LISTS[origin], origin)
    if origin is Literal:
        return _one_of({_written(value): value for value in arguments if value is not None}, ())
    if isinstance(type_, type) and issubclass(type_, Enum):
        return _one_of({_written(member): member for member in type_}, (type_,))
    if is_text_class(type_):
        return TextType(type_, f"the text of an {type_.__name__}", (type_,))
    return _by_pydantic(type_)


def _first_of(choices: list[TextType]) -> TextType | None:
    if any(choice.many for choice in choices):
        return None
    # Text last, since any text is valid for it.
    ordered = [choice.reader() for choice in sorted(choices, key=lambda choice: choice.types == (str,))]

    def convert(text: str) -> Any:
        for read in ordered:
            try:
                return read(text)
            except (ValueError, msgspec.ValidationError):
                pass
        raise ValueError

    return TextType(
        convert, " or ".join(choice.expected for choice in choices), sum((choice.types for choice in choices), ())
    )


def _list_of(item: TextType, make: Callable[[list[Any]], Any], kind: type) -> TextType:
    convert = item.reader()

    def convert_all(texts: list[str]) -> Any:
        values: list[Any] = []
        for index, text in enumerate(texts):
            try:
                values.append(convert(text))
            except (ValueError, msgspec.ValidationError) as exc:
                raise ItemError(index, exc) from None
        return make(values)

    return TextType(convert_all, item.expected, (kind,), many=True)


class ItemError(ValueError):
    """One of several texts cannot be converted.

    Attributes:
        index: which one, from 0.
        problem: what its conversion raised.
    """

    def __init__(self, index: int, problem: Exception) -> None:
        super().__init__(str(problem))
        self.index = index
        self.problem = problem


def _written(value: Any) -> str:
    """Return a member of an enum, or a value of a Literal, as a client writes it."""
    if isinstance(value, Enum):
        value = value.value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_of(choices: dict[str, Any], types: tuple[type, ...]) -> TextType:
    def choose(text: str) -> Any:
        try:
            return choices[text]
        except KeyError:
            raise ValueError from None

    return TextType(choose, f"one of {', '.join(choices)}", types)


def _by_pydantic(type_: Any) -> TextType | None:
    """Return how a type of pydantic's that is written as text, such as `EmailStr`, is read."""
    module = getattr(type_, "__module__", "")
    if not hasattr(type_, "__get_pydantic_core_schema__") or hasattr(type_, "__pydantic_validator__"):
        return None
    decoder = TypedDecoder[Any](type_)
    if decoder.library != "pydantic":
        return None
    return TextType(_reader_by_pydantic(decoder), f"a value for {module}.{type_.__qualname__}", ())


def _reader_by_pydantic(decoder: TypedDecoder[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return decoder.convert(value)
        except ValidationError as exc:
            raise msgspec.ValidationError(exc.errors[0]["message"]) from None

    return read

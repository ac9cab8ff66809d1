"""Validating JSON values into types, by msgspec or pydantic."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypedDict

from armillary.asgi_types import HTTPException


class ValidationIssue(TypedDict):
    """One place where a value does not match its type.

    Keys:
        path: where, starting at the whole value `$`: `$.items[0].price`.
        message: what is wrong there.
    """

    path: str
    message: str


class ValidationError(HTTPException):
    """A body that is JSON but does not match the requested type: 422 (RFC 9110 section 15.5.21).

    Attributes:
        errors: each place that does not match. msgspec stops at the first.
    """

    def __init__(self, errors: list[ValidationIssue]) -> None:
        self.errors = errors
        places = "; ".join(f"{error['path']}: {error['message']}" for error in errors)
        super().__init__(422, f"The request body is invalid: {places}")


def validate(value: Any, type_: Any) -> Any:
    """Return a JSON value as an instance of `type_`.

    Pydantic models go to pydantic. Everything else goes to msgspec, or to pydantic if msgspec is
    not installed.

    Raises:
        ValidationError: 422, it does not match.
        TypeError: neither library is installed, or the library does not support this type.
    """
    if not _is_for_pydantic(type_):
        try:
            import msgspec
        except ImportError:
            pass
        else:
            return _by_msgspec(msgspec, value, type_)
    return _by_pydantic(value, type_)


def _is_for_pydantic(type_: Any) -> bool:
    # A model cannot exist unless pydantic was imported.
    return "pydantic" in sys.modules and _mentions_model(type_)


def _mentions_model(type_: Any) -> bool:
    if hasattr(type_, "__pydantic_validator__") or hasattr(type_, "__pydantic_config__"):
        return True
    return any(_mentions_model(argument) for argument in getattr(type_, "__args__", ()))


def _by_msgspec(msgspec: Any, value: Any, type_: Any) -> Any:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as exc:
        message, _, path = str(exc).partition(" - at `")
        raise ValidationError([ValidationIssue(path=path.rstrip("`") or "$", message=message)]) from None
    except UnicodeEncodeError:  # which JSON can escape and UTF-8 cannot encode
        message = "Expected text that UTF-8 can encode, got a lone surrogate"
        raise ValidationError([ValidationIssue(path=_path(_surrogate_place(value) or ()), message=message)]) from None


def _surrogate_place(value: Any, place: tuple[int | str, ...] = ()) -> tuple[int | str, ...] | None:
    """Return the path of the first text with a lone surrogate; for a member name, that of its object."""
    if isinstance(value, str):
        return None if _fits_utf8(value) else place
    for step, item in _members(value):
        if isinstance(step, str) and not _fits_utf8(step):
            return place
        found = _surrogate_place(item, (*place, step))
        if found is not None:
            return found
    return None


def _members(value: Any) -> Iterable[tuple[int | str, Any]]:
    if isinstance(value, dict):
        return value.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return enumerate(value) if isinstance(value, list) else ()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _fits_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _by_pydantic(value: Any, type_: Any) -> Any:
    try:
        import pydantic
    except ImportError:
        raise TypeError(
            f"validating into {type_!r} needs msgspec or pydantic: pip install armillary-serialization[msgspec]"
        ) from None
    adapter = _adapter(type_)
    try:
        try:
            text = _adapter(Any).dump_json(value)
        except ValueError:  # a lone surrogate, which JSON can escape and UTF-8 cannot encode
            return adapter.validate_python(value)
        # As JSON, since strict models accept dates and UUIDs as text from JSON only.
        return adapter.validate_json(text)
    except pydantic.ValidationError as exc:
        raise ValidationError(
            [ValidationIssue(path=_path(error["loc"]), message=error["msg"]) for error in exc.errors()]
        ) from None


@lru_cache(256)
def _adapter(type_: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(type_)


def _path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)

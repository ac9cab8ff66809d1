"""The list of errors of a value that does not match its type: one format, whoever validates."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NotRequired, TypedDict

from armillary.asgi_types import HTTPException

MAX_ISSUES: Final = 100
"""How many errors are reported at once."""
MAX_MESSAGE: Final = 400
"""The most characters of what is said of one place."""


class ValidationIssue(TypedDict):
    """One place where a value does not match its type.

    Keys:
        path: where, starting at the whole value `$`: `$.items[0].price`.
        message: what is wrong there.
        location: the part of the request: "body", "path", "query", "header", "cookie" or "form".
        pointer: where in that part, as a JSON Pointer (RFC 6901): "/items/0/price"; empty for the whole.
        kind: of the value there: "object", "array", "string", "number", "boolean", "null", or "missing".
    """

    path: str
    message: str
    location: NotRequired[str]
    pointer: NotRequired[str]
    kind: NotRequired[str]


class ValidationError(HTTPException):
    """A request whose values do not match their types: 422 (RFC 9110 section 15.5.21).

    The response is `application/problem+json` with the errors (RFC 9457).

    Args:
        errors: each place that does not match.
        subject: what does not match, the first words of the message.

    Attributes:
        errors: the places, 100 at most.
        more: whether there are more.
    """

    def __init__(self, errors: Sequence[ValidationIssue], subject: str = "The request body") -> None:
        self.errors: list[ValidationIssue] = [*errors[:MAX_ISSUES]]
        self.more: bool = len(errors) > MAX_ISSUES
        places = "; ".join(f"{error['path']}: {error['message']}" for error in self.errors)
        super().__init__(422, f"{subject} is invalid: {places}")


def issue_at(place: Sequence[int | str], message: str, kind: str, location: str = "body") -> ValidationIssue:
    """Return the error at a place, given as the keys and indexes that lead there.

    >>> issue_at(("items", 0, "price"), "Expected `int`, got `str`", "string")["pointer"]
    '/items/0/price'
    """
    if len(message) > MAX_MESSAGE:  # such as one that repeats what was sent
        message = f"{message[: MAX_MESSAGE // 2]}… ({len(message):,} characters)"
    return {
        "path": path_of(place) if location == "body" else ".".join((location, *map(str, place))),
        "message": message,
        "location": location,
        "pointer": "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place),
        "kind": kind,
    }


def path_of(place: Iterable[int | str]) -> str:
    """Return a place as `$.items[0].price`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def kind_of(value: Any) -> str:
    """Return the name JSON has for the type of a value.

    >>> kind_of(1.5), kind_of([])
    ('number', 'array')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list | tuple) else "string"

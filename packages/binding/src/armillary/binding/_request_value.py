"""Values that are read by their names, from the path if it has them, else from the query: for other packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from armillary.datastructures import HTTPConnection
from armillary.serialization import (
    NO_DEFAULT,
    ValidationError,
    ValidationIssue,
    check_type,
    union_members,
    unwrap,
)

from ._signature import Parameter
from ._text import TextType, text_type
from ._values import fill_absent, fill_slot, text_slot


class RequestValue:
    """A value of a request that is read by its name: from the path if it has one of that name, else from the query.

    Attributes:
        name: its name.
        parameter: what it is, for documents.
    """

    def __init__(self, name: str, annotation: Any, text: TextType, default: Any) -> None:
        self.name = name
        self.parameter: Parameter = Parameter(
            name=name,
            alias=name,
            source="query",
            annotation=annotation,
            required=default is NO_DEFAULT,
            default=default,
        )
        in_path = Parameter(name=name, alias=name, source="path", annotation=annotation)
        self._many = text.many
        self._in_query = text_slot(self.parameter, text, 0, name)
        slot = text_slot(in_path, text, 0, name)
        self._in_path = slot._replace(read=self._in_query.read) if text.many else slot

    def fill(self, connection: HTTPConnection[Any], arguments: dict[str, Any], issues: list[ValidationIssue]) -> None:
        """Add the value to the arguments, or what is wrong with it to the issues."""
        name = self.name
        if name in connection.path_params:
            found: Any = connection.path_params[name]
            fill_slot(self._in_path, [str(found)] if self._many else found, [arguments], issues)
        elif name in connection.query_params:
            query = connection.query_params
            fill_slot(self._in_query, query.getlist(name) if self._many else query[name], [arguments], issues)
        else:
            fill_absent(self._in_query, [arguments], issues)


def request_value(name: str, annotation: Any, default: Any = NO_DEFAULT) -> RequestValue | None:
    """Return how a value of this type is read from a request; None if it is not read from text.

    Args:
        name: its name in the path and in the query.
        annotation: its type: a scalar, an enumeration, a literal, a list of these, or an option of one.
        default: what it is if the request has none; without it that is an error.

    Raises:
        TypeError: the type has a constraint that cannot be checked.

    >>> request_value("limit", int, 20).parameter.required
    False
    >>> request_value("star", object) is None
    True
    """
    type_ = unwrap(annotation).type
    if any(member in (Any, object, None, type(None)) for member in union_members(type_)):
        return None
    if text_type(annotation) is None:
        return None
    text = text_type(check_type(annotation).type)
    return None if text is None else RequestValue(name, annotation, text, default)


def read_request_values(values: Iterable[RequestValue], connection: HTTPConnection[Any]) -> dict[str, Any]:
    """Return the values by name.

    Raises:
        ValidationError: some are missing or wrong: 422, with all of them.
    """
    arguments: dict[str, Any] = {}
    issues: list[ValidationIssue] = []
    for value in values:
        value.fill(connection, arguments, issues)
    if issues:
        raise ValidationError(issues, "The request")
    return arguments

"""Where the value of a field is in a mapping of the request, found out once for each field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from ._fastapi import dependencies, params

ValueGetter: TypeAlias = Callable[[Any, str], Any]
"""Takes a mapping of the request and a key; returns the value of the field there, or FastAPI's `Undefined`."""


def value_getter(field: Any, *, in_form: bool = False) -> ValueGetter:
    """Return the function that finds a field's value in query parameters, headers, cookies or, `in_form`, in a form."""
    undefined = dependencies.Undefined
    is_empty_file = dependencies._is_empty_file_input

    def get_one(values: Any, alias: str) -> Any:
        value = values.get(alias)
        return undefined if value is None else value

    def get_form_value(values: Any, alias: str) -> Any:
        value = values.get(alias)
        if isinstance(value, str):
            return value or undefined
        return undefined if value is None or is_empty_file(value) else value

    def get_any(values: Any, alias: str) -> Any:
        return dependencies._get_multidict_value(field, values, alias)

    def get_list(values: Any, alias: str) -> Any:
        if not isinstance(values, (dependencies.ImmutableMultiDict, dependencies.Headers)):
            return get_any(values, alias)
        found = values.getlist(alias)
        if in_form:
            found = [item for item in found if not is_empty_file(item)]
        return found or undefined

    if dependencies.field_annotation_is_sequence(field.field_info.annotation):
        return get_any if dependencies._is_json_field(field) else get_list
    return get_form_value if in_form else get_one


def reads_plainly(field: Any) -> bool:
    """Return whether a form's value is given to the field as it is: it is no file that becomes bytes."""
    annotation = field.field_info.annotation
    return not isinstance(field.field_info, params.File) or not (
        dependencies.is_bytes_or_nonable_bytes_annotation(annotation)
        or dependencies.is_bytes_sequence_annotation(annotation)
    )


def extra_values(received: Mapping[str, Any], keys: set[str]) -> Iterable[tuple[str, Any]]:
    """Return what a mapping of the request holds under other keys; a model decides what becomes of it."""
    if received.keys() <= keys:
        return ()
    extras: Iterable[tuple[str, Any]] = dependencies._get_multidict_extras(received, keys)
    return extras

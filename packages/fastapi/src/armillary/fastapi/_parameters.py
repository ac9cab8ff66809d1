"""Readers of single parameters: where in the request a value is, and the validator that was built for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

from ._fastapi import compat_v2, dependencies

ParameterReader: TypeAlias = Callable[[Any], tuple[str, Any, Any]]
"""Takes a mapping of the request; returns the name of the parameter, its value and the list of errors, if any."""

_IMMUTABLE = (str, int, float, bool, bytes, type(None))


def parameter_reader(field: Any) -> ParameterReader:
    """Return the reader of a parameter of the path, the query, the headers or the cookies."""
    name = field.name
    model = dependencies._get_param_model(field)
    if model is not None:

        def read_model(received: Any) -> tuple[str, Any, Any]:
            return (name, *dependencies._request_param_model_to_args(field, model, received))

        return read_model

    aliases = [alias for _, alias in dependencies._get_param_aliases(field)]
    place = field.field_info.in_.value
    validators = {alias: field_validator(field, (place, alias)) for alias in aliases}
    undefined = dependencies.Undefined
    is_sequence = dependencies.field_annotation_is_sequence(field.field_info.annotation)
    if len(aliases) == 1 and not is_sequence:
        alias = aliases[0]
        validate = validators[alias]

        def read_value(received: Any) -> tuple[str, Any, Any]:
            value = received.get(alias)
            return (name, *validate(undefined if value is None else value))

        return read_value

    def read_any(received: Any) -> tuple[str, Any, Any]:
        alias = next((alias for alias in aliases if alias in received), aliases[0])
        value = dependencies._get_multidict_value(field, received, alias=alias)
        return (name, *validators[alias](value))

    return read_any


def value_validator(field: Any, loc: tuple[str, ...]) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function that validates a value; it returns the value and the list of errors at `loc`, if any."""
    if type(field) is not compat_v2.ModelField:
        raise TypeError(f"a field of {type(field)}")
    validate = field._type_adapter.validator.validate_python
    regenerate = compat_v2._regenerate_error_with_loc
    validation_error = compat_v2.ValidationError

    def validated(value: Any) -> tuple[Any, Any]:
        try:
            return validate(value, from_attributes=True), None
        except validation_error as exc:
            return None, regenerate(errors=exc.errors(include_url=False), loc_prefix=loc)

    return validated


def field_validator(field: Any, loc: tuple[str, ...]) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function that does the same for a parameter, which may be undefined and have a default."""
    validate = value_validator(field, loc)
    info = field.field_info
    undefined = dependencies.Undefined
    is_required = info.is_required()
    is_constant = not is_required and info.default_factory is None and type(info.default) in _IMMUTABLE
    constant = info.default if is_constant else None
    validates_default = info.validate_default

    def validated(value: Any) -> tuple[Any, Any]:
        if value is not undefined:
            return validate(value)
        if is_required:
            return None, [dependencies.get_missing_field_error(loc=loc)]
        value = constant if is_constant else deepcopy(field.default)
        return validate(value) if validates_default else (value, None)

    return validated

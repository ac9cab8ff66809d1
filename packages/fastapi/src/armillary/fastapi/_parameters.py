"""Readers of single parameters: where in the request a value is, and the validator that was built for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

from ._fastapi import compat_v2, dependencies
from ._fields import extra_values, value_getter

ParameterReader: TypeAlias = Callable[[Any], tuple[str, Any, Any]]
"""Takes a mapping of the request; returns the name of the parameter, its value and the list of errors, if any."""

Validate: TypeAlias = Callable[[Any], tuple[Any, Any]]
"""Takes a value; returns the validated one and the list of errors, if any."""

_IMMUTABLE = (str, int, float, bool, bytes, type(None))


def parameter_reader(field: Any) -> ParameterReader:
    """Return the reader of a parameter of the path, the query, the headers or the cookies."""
    name = field.name
    model = dependencies._get_param_model(field)
    if model is not None:
        return model_reader(field, model)
    aliases = [alias for _, alias in dependencies._get_param_aliases(field)]
    place = field.field_info.in_.value
    validators = {alias: field_validator(field, (place, alias)) for alias in aliases}
    get_value = value_getter(field)
    first = aliases[0]
    validate_first = validators[first]

    def read_one(received: Any) -> tuple[str, Any, Any]:
        return (name, *validate_first(get_value(received, first)))

    def read_any(received: Any) -> tuple[str, Any, Any]:
        alias = next((alias for alias in aliases if alias in received), first)
        return (name, *validators[alias](get_value(received, alias)))

    return read_one if len(aliases) == 1 else read_any


def model_reader(field: Any, model: Any) -> ParameterReader:
    """Return the reader of a parameter whose values are the fields of a model."""
    name, info = field.name, field.field_info
    validate = field_validator(field, (info.in_.value,))
    fields = [
        (dependencies._get_param_aliases(own), value_getter(own)) for own in dependencies.get_cached_model_fields(model)
    ]
    undefined = dependencies.Undefined

    def read_as_fastapi(received: Any) -> tuple[str, Any, Any]:
        return (name, *dependencies._request_param_model_to_args(field, model, received))

    def read_model(received: Any) -> tuple[str, Any, Any]:
        values: dict[str, Any] = {}
        keys: set[str] = set()
        for aliases, get_value in fields:
            alias, key = aliases[0]
            if len(aliases) > 1:
                alias, key = next((pair for pair in aliases if pair[1] in received), aliases[0])
            value = get_value(received, key)
            if value is not undefined:
                values[alias] = value
            keys.add(key)
        values.update(extra_values(received, keys))
        return (name, *validate(values))

    # Names of headers are converted and reported in ways of their own; an optional model may be left out as a whole.
    is_plain = info.in_.value in ("query", "cookie") and info.annotation is model
    return read_model if is_plain else read_as_fastapi


def value_validator(field: Any, loc: tuple[str, ...]) -> Validate:
    """Return a function that validates a value; its errors are at `loc`."""
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


def field_validator(field: Any, loc: tuple[str, ...]) -> Validate:
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

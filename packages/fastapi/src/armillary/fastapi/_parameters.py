"""Readers of single parameters: where in the request a value is, and the validator that was built for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

from ._fastapi import compat_v2, dependencies
from ._fields import extra_values, value_getter

ParameterReader: TypeAlias = Callable[[Any, dict[str, Any]], Any]
"""Takes a mapping of the request and the arguments that the parameter is put into; returns the list of errors, or None
if there are none."""

Validate: TypeAlias = Callable[[Any], tuple[Any, Any]]
"""Takes a value; returns the validated one and the list of errors, if any."""

_IMMUTABLE = (str, int, float, bool, bytes, type(None))


def parameter_reader(field: Any) -> ParameterReader:
    """Return the reader of a parameter of the path, the query, the headers or the cookies."""
    model = dependencies._get_param_model(field)
    if model is not None:
        return model_reader(field, model)
    place = field.field_info.in_.value
    readers = {alias: _alias_reader(field, place, alias) for _, alias in dependencies._get_param_aliases(field)}
    first = next(iter(readers))

    def read_any(received: Any, values: dict[str, Any]) -> Any:
        return readers[next((alias for alias in readers if alias in received), first)](received, values)

    return readers[first] if len(readers) == 1 else read_any


def _alias_reader(field: Any, place: str, alias: str) -> ParameterReader:
    """Return the reader of a parameter under one of its names."""
    name = field.name
    get_value, validate = value_getter(field), field_validator(field, (place, alias))

    def read(received: Any, values: dict[str, Any]) -> Any:
        value, errors = validate(get_value(received, alias))
        if not errors:
            values[name] = value
        return errors

    return read


def model_reader(field: Any, model: Any) -> ParameterReader:
    """Return the reader of a parameter whose values are the fields of a model."""
    name, info = field.name, field.field_info
    validate = field_validator(field, (info.in_.value,))
    fields = [
        (dependencies._get_param_aliases(own), value_getter(own)) for own in dependencies.get_cached_model_fields(model)
    ]
    undefined = dependencies.Undefined

    def read_as_fastapi(received: Any, values: dict[str, Any]) -> Any:
        value, errors = dependencies._request_param_model_to_args(field, model, received)
        if not errors:
            values[name] = value
        return errors

    def read_model(received: Any, values: dict[str, Any]) -> Any:
        read: dict[str, Any] = {}
        keys: set[str] = set()
        for aliases, get_value in fields:
            alias, key = aliases[0]
            if len(aliases) > 1:
                alias, key = next((pair for pair in aliases if pair[1] in received), aliases[0])
            value = get_value(received, key)
            if value is not undefined:
                read[alias] = value
            keys.add(key)
        read.update(extra_values(received, keys))
        value, errors = validate(read)
        if not errors:
            values[name] = value
        return errors

    # Names of headers are converted and reported in ways of their own; an optional model may be left out as a whole.
    is_plain = info.in_.value in ("query", "cookie") and info.annotation is model
    return read_model if is_plain else read_as_fastapi


def value_validator(field: Any, loc: tuple[str, ...]) -> Validate:
    """Return a function that validates a value; its errors are at `loc`."""
    validate, errors_of = _core_validator(field), _errors_at(loc)

    def validated(value: Any) -> tuple[Any, Any]:
        try:
            return validate(value, from_attributes=True), None
        except _ValidationError as exc:
            return None, errors_of(exc)

    return validated


def field_validator(field: Any, loc: tuple[str, ...]) -> Validate:
    """Return a function that does the same for a parameter, which may be undefined and have a default."""
    validate, errors_of = _core_validator(field), _errors_at(loc)
    info = field.field_info
    undefined = dependencies.Undefined
    is_required = info.is_required()
    is_constant = not is_required and info.default_factory is None and type(info.default) in _IMMUTABLE
    constant = info.default if is_constant else None
    validates_default = info.validate_default

    def validated(value: Any) -> tuple[Any, Any]:
        if value is undefined:
            if is_required:
                return None, [dependencies.get_missing_field_error(loc=loc)]
            value = constant if is_constant else deepcopy(field.default)
            if not validates_default:
                return value, None
        try:
            return validate(value, from_attributes=True), None
        except _ValidationError as exc:
            return None, errors_of(exc)

    return validated


_ValidationError: Any = compat_v2.ValidationError


def _core_validator(field: Any) -> Any:
    """Return the method of pydantic-core that validates a field."""
    if type(field) is not compat_v2.ModelField:
        raise TypeError(f"a field of {type(field)}")
    return field._type_adapter.validator.validate_python


def _errors_at(loc: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return the function that lists the errors of an exception as those of a value at `loc`."""
    return lambda exc: compat_v2._regenerate_error_with_loc(errors=exc.errors(include_url=False), loc_prefix=loc)

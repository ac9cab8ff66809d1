"""The body: reading and decoding it, and its parameters."""

from __future__ import annotations

import email.message
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from ._fastapi import dependencies
from ._fields import extra_values, reads_plainly, value_getter
from ._parameters import field_validator

BodyReader: TypeAlias = Callable[[Any], tuple[dict[str, Any], Any] | None]
"""Takes the body; returns the values of its parameters and the list of errors, if any. None is for a body that only
FastAPI's own function reads."""

_FieldReader: TypeAlias = Callable[[Any], tuple[Any, Any]]
"""Takes the body; returns the value of one parameter and the list of errors, if any."""


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Return whether FastAPI decodes a body of this media type as JSON."""
    message = email.message.Message()
    message["content-type"] = content_type
    if message.get_content_maintype() != "application":
        return False
    subtype = message.get_content_subtype()
    return subtype == "json" or subtype.endswith("+json")


async def decoded_body(request: Any, is_strict: bool) -> Any:
    """Return the body as FastAPI's parameters are read from it: decoded JSON, else bytes; undefined if it is empty."""
    body = await request.body()
    if not body:
        return dependencies.Undefined
    content_type = request.headers.get("content-type")
    if is_json(content_type) if content_type else not is_strict:
        return await request.json()
    return body


def body_reader(fields: Sequence[Any], embeds_body: bool) -> BodyReader:
    """Return the reader of the parameters of a body."""
    form_data = dependencies.FormData
    if (
        len(fields) == 1
        and not embeds_body
        and not dependencies._should_embed_body_fields(fields)
        and not dependencies._get_form_models(fields[0])
    ):
        name, validate = fields[0].name, field_validator(fields[0], ("body",))

        def read_whole(body: Any) -> tuple[dict[str, Any], Any] | None:
            if isinstance(body, form_data):
                return None
            value, errors = validate(body)
            return {name: value}, errors

        return read_whole

    of_json = [(field.name, _key_reader(field)) for field in fields]
    of_form = [(field.name, _form_reader(field)) for field in fields]
    is_form_read = all(read is not None for _, read in of_form)

    def read_fields(body: Any) -> tuple[dict[str, Any], Any] | None:
        is_form = isinstance(body, form_data)
        if is_form and not is_form_read:
            return None
        values: dict[str, Any] = {}
        errors: list[Any] = []
        for name, read in of_form if is_form else of_json:
            value, found = read(body)  # type: ignore[misc]  # none of them is None here
            if found:
                errors += found
            else:
                values[name] = value
        return values, errors

    return read_fields


def _key_reader(field: Any) -> _FieldReader:
    """Return the reader of a parameter that is a key of a JSON object."""
    aliases = [alias for alias, _ in dependencies._get_param_aliases(field)]
    validators = [(alias, field_validator(field, ("body", alias))) for alias in aliases]
    undefined = dependencies.Undefined

    def read(body: Any) -> tuple[Any, Any]:
        if body is undefined or isinstance(body, bytes):
            return validators[0][1](undefined)
        try:
            for alias, validate in validators:
                value = body.get(alias, undefined)
                if value is not undefined:
                    return validate(value)
        except AttributeError:  # the body is a list, a scalar or null
            return None, [dependencies.get_missing_field_error(("body", aliases[0]))]
        return validators[0][1](undefined)

    return read


def _form_reader(field: Any) -> _FieldReader | None:
    """Return the reader of a parameter of a form; None for one that FastAPI's own function reads."""
    models = dependencies._get_form_models(field)
    if models:
        is_plain = len(models) == 1 and field.field_info.annotation is models[0]
        return _form_model_reader(field, dependencies.get_cached_model_fields(models[0])) if is_plain else None
    if not reads_plainly(field):
        return None
    aliases = [alias for alias, _ in dependencies._get_param_aliases(field)]
    validators = [(alias, field_validator(field, ("body", alias))) for alias in aliases]
    get_value = value_getter(field, in_form=True)
    undefined = dependencies.Undefined

    def read(form: Any) -> tuple[Any, Any]:
        for alias, validate in validators:
            value = get_value(form, alias)
            if value is not undefined:
                return validate(value)
        return validators[0][1](undefined)

    return read


def _form_model_reader(field: Any, own_fields: Sequence[Any]) -> _FieldReader | None:
    """Return the reader of a parameter whose values are the fields of a form."""
    if not all(reads_plainly(own) for own in own_fields):
        return None
    validate = field_validator(field, ("body",))
    sources = [
        ([alias for alias, _ in dependencies._get_param_aliases(own)], value_getter(own, in_form=True))
        for own in own_fields
    ]
    undefined = dependencies.Undefined

    def read(form: Any) -> tuple[Any, Any]:
        values: dict[str, Any] = {}
        keys: set[str] = set()
        for aliases, get_value in sources:
            for alias in aliases:
                keys.add(alias)
                value = get_value(form, alias)
                if value is not undefined:
                    values[alias] = value
                    break
        values.update(extra_values(form, keys))
        return validate(values)

    return read

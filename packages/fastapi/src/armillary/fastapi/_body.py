"""The body: reading and decoding it, and its parameters."""

from __future__ import annotations

import email.message
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from ._fastapi import dependencies
from ._parameters import field_validator

BodyReader: TypeAlias = Callable[[Any], Awaitable[tuple[dict[str, Any], Any]]]
"""Takes the body; returns the values of its parameters and the list of errors, if any."""


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
    first = fields[0]
    is_whole = (
        len(fields) == 1
        and not embeds_body
        and not dependencies._should_embed_body_fields(fields)
        and not dependencies._get_form_models(first)
    )
    if is_whole:
        name, validate = first.name, field_validator(first, ("body",))

        async def read_whole(body: Any) -> tuple[dict[str, Any], Any]:
            if isinstance(body, dependencies.FormData):
                return await dependencies.request_body_to_args(fields, body, embeds_body)  # type: ignore[no-any-return]
            value, errors = validate(body)
            return {name: value}, errors

        return read_whole

    async def read_fields(body: Any) -> tuple[dict[str, Any], Any]:
        return await dependencies.request_body_to_args(fields, body, embeds_body)  # type: ignore[no-any-return]

    return read_fields

"""The responses of an operation: its result, what its route says, and the errors that can occur."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, get_type_hints

from armillary.serialization import NO_DEFAULT

from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._described_route import DescribedRoute
from ._problems import problem_content
from ._typed_parts import phrase, response_part

NO_CONTENT: Final = ("204", "205", "304")
EVENTS: Final = "text/event-stream"
LINES: Final = "application/jsonl"

WHEN: Final = {
    "400": "The request is malformed.",
    "401": "Credentials are missing or wrong.",
    "403": "The credentials do not permit this.",
    "404": "There is nothing at this path.",
    "406": "No media type that the client accepts can be sent.",
    "413": "The request body is too large.",
    "415": "The request body is of a media type that is not taken.",
    "422": "A value does not match its type.",
}


def responses_of(
    route: DescribedRoute, types: TypeSchemas, *, secured: bool, scoped: bool, items: bool, with_result: bool
) -> Schema:
    """Return the Responses Object of an operation.

    Args:
        route: the operation.
        types: makes the schemas.
        secured: whether it requires credentials.
        scoped: whether these need scopes.
        items: whether the document's version has `itemSchema`.
        with_result: whether to describe the function's result.
    """
    responses: Schema = {}
    status = str(route.options.get("status_code") or getattr(route.signature, "status_code", None) or 200)
    given: Mapping[Any, Any] = route.options.get("responses") or {}
    if with_result:
        result = result_response(route, status, types, items)
        description = route.options.get("response_description")
        responses[status] = {**result, "description": description} if description else result
    for code in error_statuses(route, secured=secured, scoped=scoped):
        responses[code] = {"description": WHEN.get(code, phrase(code)), "content": problem_content(code, types)}
    for code, part in given.items():
        described = response_part(str(code), part, types, route.label)
        kept = responses.get(str(code), {})
        responses[str(code)] = {**kept, **described} if "$ref" not in described else described
    return dict(sorted(responses.items()))


def result_response(route: DescribedRoute, status: str, types: TypeSchemas, items: bool) -> Schema:
    response: Schema = {"description": phrase(status)}
    signature = route.signature
    if signature is None:
        media_type = response_media_type(return_annotation(route.function))
        return {**response, "content": {media_type: {}}} if media_type else response
    result = signature.result
    if status in NO_CONTENT or result is None or result is type(None):
        return response
    if signature.streams is not None:
        item = item_schema(signature.streams, types)
        media_type = EVENTS if signature.streams.kind == "sse" else LINES
        return {**response, "content": {media_type: stream_content(item, items)}}
    if result is NO_DEFAULT:
        media_type = response_media_type(return_annotation(route.function))
        return {**response, "content": {media_type: {}}} if media_type else response
    schema = types.schema(result, "output")
    return {**response, "content": {media_type: {"schema": schema} for media_type in signature.media_types}}


def return_annotation(function: Any) -> Any:
    """Return what a function says it returns; None if it says nothing, or names what is not imported at run time."""
    try:
        return get_type_hints(inspect.unwrap(function)).get("return")
    except (NameError, TypeError, AttributeError):
        return None


def item_schema(stream: Any, types: TypeSchemas) -> Schema:
    """Return the schema of each item of a stream: of a value, or of an event with the value as its data."""
    makes_events = getattr(stream.item, "__name__", "") == "ServerSentEvent"
    item = {} if makes_events else types.schema(stream.item, "output")
    if stream.kind != "sse":
        return item
    data: Schema = {"type": "string"}
    if not makes_events:
        data |= {"contentMediaType": "application/json", "contentSchema": item}
    members = {"data": data, "event": {"type": "string"}, "id": {"type": "string"}}
    return {"type": "object", "properties": members, "required": ["data"]}


def stream_content(item: Schema, items: bool) -> Schema:
    """Return the Media Type Object of a stream; before OpenAPI 3.2 only an extension can hold the item's schema."""
    return {"itemSchema": item} if items else {"schema": {"type": "string"}, "x-itemSchema": item}


def is_response(annotation: Any) -> bool:
    """Return whether a result is an ASGI application itself, such as a response."""
    return inspect.isclass(annotation) and "__call__" in dir(annotation) and hasattr(annotation, "media_type")


def response_media_type(annotation: Any) -> str | None:
    media_type = getattr(annotation, "media_type", None) if is_response(annotation) else None
    return str(media_type) if media_type else None


def error_statuses(route: DescribedRoute, *, secured: bool, scoped: bool) -> list[str]:
    """Return the statuses of errors that can occur before, around and after the function."""
    found: set[str] = set()
    if secured:
        found.add("401")
    if scoped:
        found.add("403")
    if any(may_mismatch(route.convertors[name]) for name in route.parameter_names):
        found.add("404")
    for signature in route.signatures:
        found.update(str(int(code)) for code in signature.errors)
    return sorted(found)


def may_mismatch(convertor: Any) -> bool:
    """Return whether a text in the place of a path parameter may be one that no route takes."""
    return getattr(convertor, "regex", "[^/]+") not in ("[^/]+", ".*")

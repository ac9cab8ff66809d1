"""What an endpoint takes and returns, for documents and tools."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from armillary.serialization import NO_DEFAULT

from ._sources import Messages


class Parameter(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A value of a request that an endpoint, or one of its dependencies, takes.

    Attributes:
        name: the Python parameter.
        alias: its name in the request.
        source: the part of the request it comes from; "form" and "file" for the fields of a form.
        annotation: the type, with constraints and without the marker of the source.
        required: whether a request without it is an error.
        default: the default; `NO_DEFAULT` if there is none.
        title, description, examples, deprecated, include_in_schema: for documents.
    """

    name: str
    alias: str
    source: Literal["path", "query", "header", "cookie", "form", "file", "body"]
    annotation: Any
    required: bool = True
    default: Any = NO_DEFAULT
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] = ()
    deprecated: bool = False
    include_in_schema: bool = True


class RequestBody(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The body of a request as an endpoint takes it.

    Attributes:
        kind: "data", a value in JSON or MessagePack; "form"; "parts", a multipart body read part by part; or "bytes".
        annotation: the type of the whole; of an embedded body or a form, None.
        required: whether a request without a body is an error.
        media_types: those accepted, the preferred first; "*/*" for any.
        embed: whether the body is an object whose members are `fields`.
        fields: the fields of a form, or the members of an embedded body.
        title, description, examples: for documents.
    """

    kind: Literal["data", "form", "parts", "bytes"]
    annotation: Any
    required: bool
    media_types: tuple[str, ...]
    embed: bool = False
    fields: tuple[Parameter, ...] = ()
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] = ()


class ResultStream(msgspec.Struct, frozen=True, kw_only=True):
    """A result that is sent value by value.

    Attributes:
        kind: "sse", server-sent events; "jsonl", JSON Lines.
        item: the type of each value; `ServerSentEvent` if the endpoint makes the events itself.
    """

    kind: Literal["sse", "jsonl"]
    item: Any


class EndpointSignature(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What an endpoint takes and returns.

    Attributes:
        parameters: what it and its dependencies take from path, query, headers and cookies, each once.
        body: what it takes from the body; None if nothing.
        result: the annotation of what it returns; `NO_DEFAULT` if there is none, or if it is a response.
        status_code: of a successful response.
        streams: how the result is streamed; None if it is not.
        media_types: of the result.
        errors: statuses of the responses that are sent instead of calling the function: 404 for a path that does not
            match, 400, 413, 415 and 422 for a request that cannot be used, 406 for a result that the client does not
            accept.
        dependencies: the functions it depends on, in the order they are called.
        messages: what a function of a WebSocket receives and sends; None if it does not say so.
        required_scopes: what a client must be granted for the arguments that are made from the connection, such as
            "authenticated" for a user.
    """

    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    result: Any = NO_DEFAULT
    status_code: int = 200
    streams: ResultStream | None = None
    media_types: tuple[str, ...] = ()
    errors: frozenset[int] = frozenset()
    dependencies: tuple[Any, ...] = ()
    messages: Messages | None = None
    required_scopes: tuple[str, ...] = ()

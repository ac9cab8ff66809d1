"""What says, inside `Annotated`, where a parameter's value comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from armillary.asgi_types import HTTPException
from armillary.datastructures import parse_media_type

from ._source_arguments import KeywordOnly, Marker


class Source(msgspec.Struct, frozen=True, kw_only=True, eq=False, metaclass=KeywordOnly):
    """Where a value comes from, what it is called there, and what it must fulfil.

    Args:
        alias: its name in the request, by default that of the parameter.
        title, description: for API documents.
        examples: values, for API documents.
        deprecated: whether API documents say that clients should not send it any more.
        include_in_schema: whether API documents have it.
        gt, ge, lt, le: bounds of a number.
        multiple_of: what a number must be a multiple of.
        min_length, max_length: bounds of the length of text or of a list.
        pattern: a regular expression that must be found in a text.

    Raises:
        ValueError: alias is empty, a length negative, multiple_of not positive, pattern no regular expression.

    >>> from typing import Annotated
    >>> async def search(limit: Annotated[int, Query(ge=1, le=100, description="How many.")] = 20) -> list[str]: ...
    """

    source: ClassVar[str] = ""

    alias: str | None = None
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] | list[Any] = ()
    deprecated: bool = False
    include_in_schema: bool = True
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        if self.alias == "":
            raise ValueError(f"{name}(alias='') is no name; leave alias out for that of the parameter")
        for setting in ("min_length", "max_length"):
            length = getattr(self, setting)
            if isinstance(length, int) and length < 0:
                raise ValueError(f"{name}({setting}={length}) is no length: give 0 or more")
        if isinstance(self.multiple_of, int | float) and self.multiple_of <= 0:
            raise ValueError(f"{name}(multiple_of={self.multiple_of}) divides nothing: give a positive number")
        if isinstance(self.pattern, str):
            try:
                re.compile(self.pattern)
            except re.error as exc:
                raise ValueError(f"{name}(pattern={self.pattern!r}) is no regular expression: {exc}") from exc

    def constraints(self) -> dict[str, Any]:
        """Return the constraints that are set."""
        names = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class Query(Source, frozen=True, kw_only=True, eq=False):
    """From the query string; a structured type takes each of its fields from there."""

    source = "query"


class Path(Source, frozen=True, kw_only=True, eq=False):
    """From the path."""

    source = "path"


class Cookie(Source, frozen=True, kw_only=True, eq=False):
    """From a cookie; a structured type takes each of its fields from one."""

    source = "cookie"


class Header(Source, frozen=True, kw_only=True, eq=False):
    """From a header; a structured type takes each of its fields from one.

    Args:
        convert_underscores: whether `user_agent` is the header User-Agent.
    """

    source = "header"

    convert_underscores: bool = True


class Body(Source, frozen=True, kw_only=True, eq=False):
    """The body, or one member of it if there are several of these.

    Args:
        embed: whether a single body is a member, named as the parameter, of an object.
        media_type: what the client must say the body is, without parameters; by default JSON or MessagePack, and
            anything for bytes. One that is not JSON is for `str` and `bytes`, and may be a range such as "text/*".

    Raises:
        ValueError: media_type is none; as of `Query`.
    """

    source = "body"

    embed: bool = False
    media_type: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.media_type is None:
            return
        name, parameters = parse_media_type(self.media_type)
        if not name or parameters or (name.startswith("*") and name != "*/*"):
            raise ValueError(
                f"media_type={self.media_type!r} is no media type; write one such as 'text/csv' or 'text/*', without "
                "parameters"
            )
        msgspec.structs.force_setattr(self, "media_type", name)  # in lower case


class Form(Source, frozen=True, kw_only=True, eq=False):
    """A field of a form; a structured type takes each of its fields from one."""

    source = "form"


class File(Source, frozen=True, kw_only=True, eq=False):
    """A file of a multipart form, as `UploadFile`, or as the bytes it has."""

    source = "file"


class Depends(msgspec.Struct, frozen=True, metaclass=Marker):
    """The result of a function, whose own parameters are filled as those of an endpoint are.

    Args:
        function: a function, a generator function that yields the value once and ends after the response, or a class;
            async or not. By default the annotated class.
        use_cache: whether it is called once for each request, wherever it is asked for.
        scope: when a generator function goes on after its yield: "request", after the response was sent; "function",
            before it is, so that what fails there can still become a response.

    >>> from typing import Annotated
    >>> async def page(number: int = 1) -> range: ...
    >>> async def show(page: Annotated[range, Depends(page)]) -> list[str]: ...
    """

    function: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request"] = "request"


class Policy(Depends, frozen=True):
    """A dependency that decides: unless its function returns True, the response is a 403.

    Args:
        function: as of `Depends`; it returns a bool.
        detail: a sentence for the client.
        status_code: of the response, such as 404 for what is not to be known of.

    >>> from typing import Annotated
    >>> from armillary.datastructures import HTTPConnection
    >>> async def is_own(number: int, connection: HTTPConnection) -> bool: ...
    >>> async def show(number: int, allowed: Annotated[bool, Policy(is_own)]) -> str: ...
    """

    detail: str | None = None
    status_code: int = 403

    def check(self, allowed: Any) -> bool:
        """Return True for what the function returns.

        Raises:
            HTTPException: it is False.
            TypeError: it is no bool.
        """
        if not isinstance(allowed, bool):
            name = getattr(self.function, "__qualname__", repr(self.function))
            raise TypeError(f"the policy {name} returned {allowed!r}; return True or False")
        if not allowed:
            raise HTTPException(self.status_code, self.detail)
        return True


Dependency: TypeAlias = Depends | Callable[..., Any]
"""What the dependencies of a route, a router or an application are: a function stands for `Depends(function)`."""


class Messages(msgspec.Struct, frozen=True, kw_only=True, eq=False, metaclass=Marker):
    """Says of a WebSocket which messages its function receives and sends, for AsyncAPI documents.

    Args:
        receives: the type of what clients send, as `receive_json(type=...)` takes it; of several types a union.
        sends: the type of what is sent to clients.

    >>> from typing import Annotated
    >>> from armillary.websockets import WebSocket
    >>> async def chat(websocket: Annotated[WebSocket, Messages(receives=str, sends=list[str])]) -> None: ...
    """

    receives: Any = None
    sends: Any = None


class EventStream(msgspec.Struct, frozen=True, metaclass=Marker):
    """Says of a result that it is a stream of server-sent events, each with one value as its data.

    >>> from collections.abc import AsyncIterator
    >>> from typing import Annotated
    >>> async def clock() -> Annotated[AsyncIterator[int], EventStream()]: ...
    """

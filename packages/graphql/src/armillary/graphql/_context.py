"""The context of resolvers: the connection, the response and the data loaders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from strawberry.dataloader import DataLoader

from armillary.datastructures import HTTPConnection
from armillary.http import Request, Response
from armillary.websockets import WebSocket

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class GraphQLContext:
    """The context of one request, or of one operation on a WebSocket: `info.context`.

    Its attributes can also be read as items, as in `info.context["request"]`.

    Args:
        connection: the request or the WebSocket.
        connection_params: the payload of `connection_init`; None on other transports.

    Attributes:
        connection, connection_params: as above.
        response: its status, headers, cookies and `background` go into the response sent.
            For a stream only what is set before the first result does, for the stream of a
            subscription only what is set when the context is made; for a WebSocket nothing does.

    >>> GraphQLContext(Request({"type": "http", "method": "POST", "headers": []})).request.method
    'POST'
    """

    def __init__(
        self, connection: Request[Any] | WebSocket[Any], connection_params: dict[str, Any] | None = None
    ) -> None:
        self.connection: HTTPConnection[Any] = connection
        self.connection_params = connection_params
        self.response: Response = Response()
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    @property
    def request(self) -> Request[Any]:
        """The request.

        Raises:
            RuntimeError: the operation came over a WebSocket.
        """
        if not isinstance(self.connection, Request):
            raise RuntimeError("This operation came over a WebSocket; read info.context.connection or .websocket")
        return self.connection

    @property
    def websocket(self) -> WebSocket[Any]:
        """The WebSocket.

        Raises:
            RuntimeError: the operation came in an HTTP request.
        """
        if not isinstance(self.connection, WebSocket):
            raise RuntimeError("This operation came in an HTTP request; read info.context.connection or .request")
        return self.connection

    def loader(
        self, load: Callable[[list[KeyT]], Awaitable[Sequence[ValueT | BaseException]]], **options: Any
    ) -> DataLoader[KeyT, ValueT]:
        """Return the loader of this context for `load`: created on first use, then reused.

        It batches the keys requested at the same time into one call of `load`, and caches values
        for this operation only; for a subscription, for one result.

        Args:
            load: an async function from a list of keys to the values in the same order.
            **options: those of `strawberry.dataloader.DataLoader`, such as `max_batch_size`.

        >>> async def load_users(ids: list[int]) -> list[str]:
        ...     return [f"user {id}" for id in ids]
        >>> async def resolve(info) -> str:
        ...     return await info.context.loader(load_users).load(7)
        """
        loader = self._loaders.get(load)
        if loader is None:
            make = cast("Any", DataLoader)
            loader = self._loaders[load] = make(load_fn=load, **options)
        return loader

    def clear_loaders(self) -> None:
        """Let each loader be created again when it is next used, without the values it has cached.

        For a subscription this is done for each result.
        """
        self._loaders.clear()

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None


class ContextValues(NamedTuple):
    """What an operation is run with.

    Args:
        graphql: the context of the connection.
        context: what resolvers get as `info.context`, which may be the same.
        root_value: what root resolvers get.
    """

    graphql: GraphQLContext
    context: Any
    root_value: Any

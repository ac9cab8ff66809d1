"""The call signature of an ASGI 3 application and the aliases built on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, TypeVar

AppType = TypeVar("AppType")

Scope: TypeAlias = MutableMapping[str, Any]
"""A connection's facts. `HTTPScope`, `WebSocketScope` and `LifespanScope` describe the keys."""

Message: TypeAlias = MutableMapping[str, Any]
"""One event between server and application. `ReceiveEvent` and `SendEvent` describe the keys."""

Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

StatelessLifespan: TypeAlias = Callable[[AppType], AbstractAsyncContextManager[None]]
"""A lifespan that yields nothing."""

StatefulLifespan: TypeAlias = Callable[[AppType], AbstractAsyncContextManager[Mapping[str, Any]]]
"""A lifespan that yields the mapping each connection then finds in `scope["state"]`."""

Lifespan: TypeAlias = StatelessLifespan[AppType] | StatefulLifespan[AppType]

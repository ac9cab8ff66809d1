"""The ASGI shell of the rate limits."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Iterable
from typing import Literal, get_args

from limits.aio.storage import Storage as AsyncStorage
from limits.storage import Storage

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.datastructures import request_paths
from armillary.exchange import reject, run_lifespan, start_headers

from ._client_address import client_address
from ._counting import STRATEGIES, Counter, LocalCounter, StoreCounter, StoreDown, Strategy, make_storage
from ._fields import Count, rate_limit_fields
from ._memory_storage import MemoryStorage
from ._problem_response import quota_rejection, unavailable_rejection
from ._rule import Key, Rule, make_rules

logger = logging.getLogger("armillary.ratelimit")

WhenStoreDown = Literal["local", "allow", "reject"]

STORE_RETRY_SECONDS = 1.0
"""Seconds until a store that failed is tried again."""


class RateLimitMiddleware:
    """Let each client make a number of requests in a time, and reject the rest with 429.

    Every rule that matches a request must allow it. They are checked in order up to the first
    that rejects the request; those before it have counted it. Responses carry RateLimit-Policy and
    RateLimit, and a rejection also Retry-After and a problem document.

    Args:
        app: the application to protect.
        rules: a `Rule` or several, or the limits of every path as text, such as "100/minute" or
            "10/second; 1000/hour".
        key: a function from the scope to the client to count for, None to skip; by default the client's address.
        storage: "memory://" (default) for this process alone, "redis://127.0.0.1:6379/0" (needs the
            extra `redis` and asyncio), or a storage of the limits library.
        strategy: "fixed-window" (default), which counts from a client's first request on, or
            "moving-window", which never lets more through in any stretch of time but keeps an
            entry for each request.
        when_store_down: "local" (default) counts in each process until the store responds again;
            "allow" limits nothing meanwhile; "reject" responds with 503.
        store_timeout: seconds the store may take to respond before it counts as down; 0.5 by default.
        store_connections: the most connections to a Redis given by URL, for each event loop; 50 by default. A request
            waits for a free one as long as the store responds to others.
        limit_websockets: whether WebSocket handshakes are counted too, as GET; False by default.

    Raises:
        TypeError: something of the wrong kind.
        ValueError: no rule, two rules of one name, an unknown store or strategy.

    RFC 6585 section 4, RFC 9457, draft-ietf-httpapi-ratelimit-headers-11.
    """

    def __init__(
        self,
        app: ASGIApp,
        rules: str | Rule | Iterable[Rule],
        *,
        key: Key = client_address,
        storage: str | Storage | AsyncStorage | None = None,
        strategy: Strategy = "fixed-window",
        when_store_down: WhenStoreDown = "local",
        store_timeout: float = 0.5,
        store_connections: int = 50,
        limit_websockets: bool = False,
    ) -> None:
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy is one of {', '.join(STRATEGIES)}; got {strategy!r}")
        if when_store_down not in get_args(WhenStoreDown):
            raise ValueError(f"when_store_down is one of {', '.join(get_args(WhenStoreDown))}; got {when_store_down!r}")
        if not isinstance(store_timeout, int | float):
            raise TypeError(f"store_timeout is a number of seconds, got {store_timeout!r}")
        if not store_timeout > 0:
            raise ValueError(f"store_timeout is in seconds, above 0; got {store_timeout!r}")
        if not isinstance(store_connections, int) or isinstance(store_connections, bool):
            raise TypeError(f"store_connections is a whole number, got {store_connections!r}")
        if store_connections < 1:
            raise ValueError(f"store_connections must be 1 or more, got {store_connections!r}")
        if not callable(key):
            raise TypeError(f"key is a function of the scope, got {key!r}")
        self.app = app
        self.rules: tuple[Rule, ...] = make_rules(rules)
        self.key = key
        self.when_store_down: WhenStoreDown = when_store_down
        self.limit_websockets = limit_websockets
        made = make_storage(storage, store_timeout, store_connections)
        self._counter: Counter = make_counter(made, strategy, store_timeout)
        self._fallback = LocalCounter(MemoryStorage(), strategy)
        self._down_until: float | None = None
        self._is_tried = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http" or (kind == "websocket" and self.limit_websockets):
            await self._limit(scope, receive, send)
        elif kind == "lifespan":
            await run_lifespan(self.app, scope, receive, send, close=self.close)
        else:
            await self.app(scope, receive, send)

    async def close(self) -> None:
        """Close connections to a store given by URL; called automatically when the server shuts down."""
        await self._counter.close()

    async def _limit(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            counts = await self._count(scope)
        except StoreDown:
            await reject(scope, send, unavailable_rejection())
            return
        if all(count.allowed for count in counts):
            await self.app(scope, receive, limited_send(send, counts) if counts else send)
        else:
            await reject(scope, send, quota_rejection(counts))

    async def _count(self, scope: Scope) -> list[Count]:
        counts: list[Count] = []
        method, paths = scope.get("method", "GET"), request_paths(scope)
        for rule in self.rules:
            if not any(rule.matches(method, path) for path in paths):
                continue
            key = (rule.key or self.key)(scope)
            if key is None:
                continue
            count = await self._count_one(rule, key)
            if count is not None:
                counts.append(count)
                if not count.allowed:
                    break
        return counts

    async def _count_one(self, rule: Rule, key: str) -> Count | None:
        """Count a request by one rule; None if the store is down and nothing is limited meanwhile."""
        is_down = self._down_until is not None
        if not is_down or self._may_try():
            if is_down:
                self._is_tried = True
            try:
                count = await self._counter.count(rule, key)
            except StoreDown as exc:
                self._record_down(exc)
            else:
                self._record_up()
                return count
            finally:
                if is_down:
                    self._is_tried = False
        if self.when_store_down == "reject":
            raise StoreDown
        return None if self.when_store_down == "allow" else await self._fallback.count(rule, key)

    def _may_try(self) -> bool:
        """Return whether a store that is down is to be tried: by one request, for which the others do not wait."""
        return not self._is_tried and self._down_until is not None and time.monotonic() >= self._down_until

    def _record_down(self, exc: StoreDown) -> None:
        if self._down_until is None:
            logger.error("the store of the rate limits is down (%s); when_store_down=%r", exc, self.when_store_down)
        self._down_until = time.monotonic() + STORE_RETRY_SECONDS

    def _record_up(self) -> None:
        if self._down_until is not None:
            self._down_until = None
            logger.warning("the store of the rate limits responds again")


def make_counter(storage: Storage | AsyncStorage, strategy: Strategy, timeout: float) -> Counter:
    if isinstance(storage, AsyncStorage):
        return StoreCounter(storage, strategy, timeout)
    return LocalCounter(storage, strategy)


def limited_send(send: Send, counts: list[Count]) -> Send:
    """Return a `send` that adds the RateLimit fields to the start of the response.

    It is a plain function that returns the awaitable of `send`, without another frame.
    """

    def send_limited(message: Message) -> Awaitable[None]:
        if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            message = {**message, "headers": [*start_headers(message), *rate_limit_fields(counts)]}
        return send(message)

    return send_limited

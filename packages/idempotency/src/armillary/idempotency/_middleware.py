"""The ASGI shell of the keys."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, get_args

from armillary.asgi_types import ASGIApp, ClientDisconnect, HTTPException, Receive, Scope, Send
from armillary.exchange import check_body_limit, reject, rejection_of, run_lifespan
from armillary.http import Request

from ._errors import StoreUnavailable
from ._held_response import HeldResponse
from ._key import InvalidKey, parse_key
from ._policy import StoredResponse, digest, is_final_status, payload_of
from ._problems import Problems
from ._releases import Releases
from ._store import IdempotencyStore, StoredKey
from ._store_url import store_of
from ._user import user_of

logger = logging.getLogger("armillary.idempotency")

Unfinished = Literal["reject", "repeat"]

DAY: Final = 24 * 60 * 60


class IdempotencyMiddleware:
    """Let a request with an Idempotency-Key have its effect once, and replay its response.

    A request with a new key runs, and its response is stored before it is sent. Another one with the same key and
    payload gets that response, byte for byte; with another payload 422; while the first one runs 409 with Retry-After.
    Keys belong to the user who sent them. Put authentication outside of it, and inside of it what may change a
    response for each client, such as compression.

    A response is held back until it is complete. It is not kept, but passed on as it comes, if it streams (a body in
    pieces without Content-Length, trailers) or is larger than `max_response_size`; its key is completed all the
    same, and a repetition gets 409.

    Args:
        app: the application.
        store: "memory://" (default) for this process alone, "redis://127.0.0.1:6379/0" (needs the extra `redis` and
            asyncio), or an `IdempotencyStore`.
        required: whether a request without a key is rejected with 400.
        methods: which requests have keys; POST and PATCH by default.
        user: a function from the scope to what identifies the user; see `user_of`.
        payload: a function from scope and body to the bytes that must be the same in a repetition; by default method,
            path, query, content type and body.
        lifetime: seconds a key is kept after its response, a day by default.
        lease: seconds a request may take, 60 by default. Longer than any takes.
        unfinished: what a repetition gets if the first request neither ended nor runs any more, as after a crash:
            "reject" responds with 409, since nobody knows whether it had its effect; "repeat" runs it again. By default
            "reject", and "repeat" with a store that is transactional, where it is known that it had none.
        stores: a function that returns for a status whether the response is stored; see `is_final_status`. After
            another one the key is free again. A transactional store keeps what its transaction keeps, whatever
            the status.
        max_response_size: bytes of the body of a response that is kept, 1 MiB by default.
        documentation: the URL of your documentation of the keys, which errors link to.

    Raises:
        TypeError: something of the wrong kind.
        ValueError: an unknown store, a number that is not above 0.

    draft-ietf-httpapi-idempotency-key-header-07, RFC 9457.
    """

    def __init__(
        self,
        app: ASGIApp,
        store: str | IdempotencyStore = "memory://",
        *,
        required: bool = False,
        methods: Iterable[str] = ("POST", "PATCH"),
        user: Callable[[Scope], str] = user_of,
        payload: Callable[[Scope, bytes], bytes] = payload_of,
        lifetime: float = DAY,
        lease: float = 60.0,
        unfinished: Unfinished | None = None,
        stores: Callable[[int], bool] = is_final_status,
        max_response_size: int = 1024 * 1024,
        documentation: str | None = None,
    ) -> None:
        for name, number in (("lifetime", lifetime), ("lease", lease)):
            if not isinstance(number, int | float) or isinstance(number, bool):
                raise TypeError(f"{name} is a number of seconds, got {number!r}")
            if not number > 0:
                raise ValueError(f"{name} is in seconds, above 0; got {number!r}")
        for name, function in (("user", user), ("payload", payload), ("stores", stores)):
            if not callable(function):
                raise TypeError(f"{name} is a function, got {function!r}")
        if unfinished is not None and unfinished not in get_args(Unfinished):
            raise ValueError(f"unfinished is one of {', '.join(get_args(Unfinished))}; got {unfinished!r}")
        if isinstance(methods, str):
            raise TypeError(f"methods takes a list of names, such as [{methods!r}], not a string")
        size = check_body_limit(max_response_size, "max_response_size")
        if size is None:
            raise TypeError("max_response_size is a whole number of bytes; a response is held in memory")
        self.app = app
        self.store: IdempotencyStore = store_of(store)
        self._owns_store = isinstance(store, str)
        self.required = required
        self.methods: frozenset[str] = frozenset(method.upper() for method in methods)
        self.user = user
        self.payload = payload
        self.lifetime = lifetime
        self.lease = lease
        self.repeats: bool = self.store.is_transactional if unfinished is None else unfinished == "repeat"
        self.stores = stores
        self.max_response_size = size
        self._problems = Problems(documentation)
        self._releases = Releases(self.store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and self._owns_store:
            await run_lifespan(self.app, scope, receive, send, close=self.store.close)
        elif scope["type"] != "http" or scope["method"] not in self.methods:
            await self.app(scope, receive, send)
        else:
            values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
            if values:
                await self._serve(values, scope, receive, send)
            elif self.required:
                await reject(scope, send, self._problems.missing)
            else:
                await self.app(scope, receive, send)

    async def _serve(self, values: list[bytes], scope: Scope, receive: Receive, send: Send) -> None:
        request = Request[Any](scope, receive)
        try:
            key = parse_key(values)
            body = await request.body()
        except InvalidKey as exc:
            await reject(scope, send, self._problems.invalid(str(exc)))
            return
        except HTTPException as exc:
            await reject(scope, send, rejection_of(exc))
            return
        except ClientDisconnect:
            return  # nobody is left to respond to, and nothing was done
        name = digest(self.user(scope).encode("utf-8", "surrogatepass"), key.encode())
        fingerprint = digest(self.payload(scope, body))
        if await self._releases.catch_up(name):
            await self._claim_and_run(name, fingerprint, scope, request.receive, send)
        else:
            await reject(scope, send, self._problems.unavailable)

    async def _claim_and_run(self, name: str, fingerprint: str, scope: Scope, receive: Receive, send: Send) -> None:
        owner = secrets.token_hex(16)
        lifetime = max(self.lifetime, self.lease)  # a key does not expire while its request may run
        try:
            stored = await self.store.claim(
                name, fingerprint, owner, lease=self.lease, lifetime=lifetime, repeats=self.repeats
            )
        except StoreUnavailable as exc:
            logger.error("The store of the idempotency keys is unavailable: %s", exc.reason)
            await reject(scope, send, self._problems.unavailable)
            await self._give_up(name, owner)
            return
        except BaseException:  # cancelled
            await self._give_up(name, owner)
            raise
        if stored is None:
            await self._run(name, owner, scope, receive, send)
        else:
            await self._repeat(stored, fingerprint, scope, send)
        if self._releases.is_behind:  # the store is back
            await self._releases.catch_up_with_all()

    async def _give_up(self, key: str, owner: str) -> None:
        """Free a key that may be claimed, now or later; nothing was done yet."""
        if self._releases.is_behind:
            self._releases.remember(key, owner, claimed=False)  # not to wait once more for a store that is away
        else:
            await self._releases.free(key, owner, claimed=False)

    async def _run(self, key: str, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        async def complete(response: bytes) -> bool:
            return await self.store.complete(key, owner, response, lifetime=self.lifetime, scope=scope)

        held = HeldResponse(scope, send, self.store, complete, self.stores, self.max_response_size)
        try:
            await self.app(scope, receive, held.send)
        except Exception:
            if not held.is_passed:
                held.withhold_start()
            await self._release(key, owner, held)
            raise
        except BaseException:
            # Cancelled: without a transaction nobody knows what was done, so the key stays unfinished.
            if self.store.is_transactional:
                await self._release(key, owner, held)
            raise
        if not held.is_passed:
            await held.end()
        await self._release(key, owner, held)

    async def _release(self, key: str, owner: str, held: HeldResponse) -> None:
        """Free the key unless the response is stored; with a transaction that is known by the store alone."""
        if not held.is_completed or self.store.is_transactional:
            await self._releases.free(key, owner, claimed=True)

    async def _repeat(self, stored: StoredKey, fingerprint: str, scope: Scope, send: Send) -> None:
        if stored.fingerprint != fingerprint:
            await reject(scope, send, self._problems.other_payload)
            return
        if stored.response is None:
            is_running = stored.remaining > 0 or self.repeats
            await reject(scope, send, self._problems.running if is_running else self._problems.unfinished)
            return
        response = StoredResponse.decode(stored.response)
        if response.headers is None:
            await reject(scope, send, self._problems.not_kept(response.status))
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

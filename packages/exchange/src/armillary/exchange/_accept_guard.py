"""The origin of a WebSocket that any ASGI application accepts below what loads its session or user.

Rules
-----
1. The origin is looked at when the application accepts: until then what it runs may allow the handshake itself, as a
   handler with its own `allow_origins` does.
2. Origins that were listed for the middleware are allowed at once; a policy of the application is then not asked.
3. A handshake without a session or user is accepted from every page, as there is nothing that a page could ride on.
4. An application whose accept was rejected believes to be connected; what it sends is dropped, and the server's
   `websocket.disconnect` ends it.
"""

from __future__ import annotations

from typing import Final

from armillary.asgi_types import Message, Scope, Send, scope_record

from ._origin_policy import OriginPolicy, check_origin, has_session_or_user, is_origin_checked
from ._rejection import Rejection, reject

ORIGIN_REJECTED: Final = "This origin may not open a WebSocket here."

_REJECTION: Final = Rejection(403, ORIGIN_REJECTED)


def guard_accept(scope: Scope, send: Send, policy: OriginPolicy) -> Send:
    """Return the `send` for the application of a WebSocket: foreign pages cannot open it with a session or user.

    Args:
        scope: of type "websocket".
        send: where messages go.
        policy: with the origins listed besides the server's own, and "always" as its check.

    >>> scope = {"type": "websocket", "headers": [(b"host", b"shop.test"), (b"origin", b"http://shop.test")]}
    >>> async def send(message): ...
    >>> guard_accept(scope, send, OriginPolicy(check="always")) is send
    True
    """
    if policy.allows(scope):
        if policy.allow_origins:
            scope_record(scope)["origin_checked"] = True
        return send
    is_rejected = False

    async def send_if_allowed(message: Message) -> None:
        nonlocal is_rejected
        if is_rejected:
            return
        if message["type"] == "websocket.accept" and not is_origin_checked(scope) and has_session_or_user(scope):
            is_rejected = not check_origin(scope, policy)
        if is_rejected:
            await reject(scope, send, _REJECTION)
        else:
            await send(message)

    return send_if_allowed

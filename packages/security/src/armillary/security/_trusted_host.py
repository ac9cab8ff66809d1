"""Reject requests for other hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import URL
from armillary.exchange import Rejection, reject

from ._trusted_host_policy import TrustedHostPolicy


class TrustedHostMiddleware:
    """Reject requests and WebSocket handshakes for other hosts with 400 "Invalid host header".

    Links, redirects and caches are built from the Host header; a forged one poisons them.

    Args:
        app: the application to protect.
        allowed_hosts: such as `["example.com", "*.example.com"]`; None (the default) allows all.
        www_redirect: with True (the default) `example.com` is redirected with 307 if only
            `www.example.com` is allowed.

    Raises:
        TypeError: a single string instead of a list.
        ValueError: a pattern with a wildcard inside, a scheme, a port or a path.

    RFC 9110 section 7.2.
    """

    policy_class: type[TrustedHostPolicy] = TrustedHostPolicy

    errors_as_text: ClassVar[bool] = False
    """Send the 400 as plain text whatever the client prefers."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] | None = None, www_redirect: bool = True) -> None:
        self.app = app
        self.policy: TrustedHostPolicy = self.policy_class(
            ("*",) if allowed_hosts is None else allowed_hosts, www_redirect
        )
        self.allowed_hosts: list[str] = ["*"] if allowed_hosts is None else list(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self.policy.allow_any:
            await self.app(scope, receive, send)
            return
        decision = self.policy.decide(value for name, value in scope["headers"] if name == b"host")
        if decision == "allow":
            await self.app(scope, receive, send)
        elif decision == "redirect":
            url = URL(scope=scope)
            location = str(url.replace(netloc=f"www.{url.netloc}"))
            await reject(scope, send, Rejection(307, "", [(b"location", location.encode("ascii"))]))
        else:
            await reject(scope, send, Rejection(400, "Invalid host header"), as_text=self.errors_as_text)

"""Headers that enable the security features of browsers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.exchange import start_headers

from ._content_security_policy import Directives
from ._security_headers_policy import FrameOptions, SecurityHeadersPolicy, StrictTransportSecurity

NONCE_BYTES = 16
POLICY_NAMES = frozenset((b"content-security-policy", b"content-security-policy-report-only"))
DEFAULT_STRICT_TRANSPORT_SECURITY = StrictTransportSecurity()


class SecurityHeadersMiddleware:
    """Add security headers to every response; one that the application set itself stays.

    `X-Content-Type-Options: nosniff` is always sent. If the content security policy contains the
    source `'nonce'`, each request gets its own nonce in `scope["armillary"]["csp_nonce"]`.

    Args:
        app: the application whose responses get the headers.
        strict_transport_security: sent over https only; one year without subdomains by default.
        frame_options: "DENY" (default) or "SAMEORIGIN".
        referrer_policy: by default "strict-origin-when-cross-origin".
        permissions_policy: features and the origins that may use them, such as
            `{"camera": [], "geolocation": ["self"]}`; not sent by default.
        cross_origin_opener_policy: by default "same-origin".
        cross_origin_embedder_policy: not sent by default; "require-corp" isolates the page.
        cross_origin_resource_policy: by default "same-origin".
        content_security_policy: directives and their sources, or the header's text; not sent by
            default, as only the site knows what it loads.
        report_only: report violations of the content security policy instead of preventing them.

    None leaves a header out.

    Raises:
        ValueError: a value that cannot be a header, or a preload without its conditions.
        TypeError: a string instead of a list of sources or origins.

    RFC 6797, CSP Level 3, Permissions Policy, Fetch (nosniff, cross-origin policies).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        strict_transport_security: StrictTransportSecurity | None = DEFAULT_STRICT_TRANSPORT_SECURITY,
        frame_options: FrameOptions | None = "DENY",
        referrer_policy: str | None = "strict-origin-when-cross-origin",
        permissions_policy: Mapping[str, Iterable[str]] | str | None = None,
        cross_origin_opener_policy: str | None = "same-origin",
        cross_origin_embedder_policy: str | None = None,
        cross_origin_resource_policy: str | None = "same-origin",
        content_security_policy: Directives | str | None = None,
        report_only: bool = False,
    ) -> None:
        self.app = app
        self.policy: SecurityHeadersPolicy = SecurityHeadersPolicy(
            strict_transport_security=strict_transport_security,
            frame_options=frame_options,
            referrer_policy=referrer_policy,
            permissions_policy=permissions_policy,
            cross_origin_opener_policy=cross_origin_opener_policy,
            cross_origin_embedder_policy=cross_origin_embedder_policy,
            cross_origin_resource_policy=cross_origin_resource_policy,
            content_security_policy=content_security_policy,
            report_only=report_only,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = ""
        if self.policy.csp is not None and self.policy.csp.needs_nonce:
            nonce = scope_record(scope).setdefault("csp_nonce", secrets.token_urlsafe(NONCE_BYTES))
        added = self.policy.headers(scope.get("scheme") == "https", nonce)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = start_headers(message)
                present = {name for name, _ in own}
                if nonce and message["status"] == 304:
                    # The stored page keeps its policy: a new one would forbid the scripts that have its nonce.
                    present |= POLICY_NAMES
                message = {**message, "headers": own + [field for field in added if field[0] not in present]}
            await send(message)

        await self.app(scope, receive, send_with_headers)

"""`SecurityHeadersMiddleware` and the content security policy."""

from __future__ import annotations

from typing import Any

import pytest

from asterism.asgi_types import ASGIApp, scope_record
from asterism.security import SecurityHeadersMiddleware, StrictTransportSecurity


@pytest.mark.anyio
async def test_the_defaults_are_sent_with_every_response(call: Any, ok: ASGIApp) -> None:
    headers = (await call(SecurityHeadersMiddleware(ok))).headers
    assert headers == {
        "content-type": "text/html",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


@pytest.mark.anyio
async def test_strict_transport_security_is_sent_over_https_only(call: Any, ok: ASGIApp) -> None:
    app = SecurityHeadersMiddleware(ok, strict_transport_security=StrictTransportSecurity(63072000, True, True))
    assert "strict-transport-security" not in (await call(app)).headers
    secure = (await call(app, scheme="https")).headers
    assert secure["strict-transport-security"] == "max-age=63072000; includeSubDomains; preload"


@pytest.mark.anyio
async def test_a_header_that_the_application_set_stays(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"x-frame-options", b"SAMEORIGIN")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    answer = await call(SecurityHeadersMiddleware(app))
    names = [name for name, _ in answer.messages[0]["headers"]]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert names.count(b"x-frame-options") == 1


@pytest.mark.anyio
async def test_every_response_has_a_nonce_of_its_own_known_to_the_application(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope_record(scope)["csp_nonce"].encode()})

    guarded = SecurityHeadersMiddleware(
        app, content_security_policy={"default-src": ["'self'"], "script-src": ["'self'", "'nonce'"]}
    )
    answers = [await call(guarded), await call(guarded)]
    for answer in answers:
        expected = f"default-src 'self'; script-src 'self' 'nonce-{answer.body.decode()}'"
        assert answer.headers["content-security-policy"] == expected
    assert answers[0].body != answers[1].body


@pytest.mark.anyio
async def test_a_policy_can_be_tried_out_in_report_only_mode(call: Any, ok: ASGIApp) -> None:
    headers = (await call(SecurityHeadersMiddleware(ok, content_security_policy="x", report_only=True))).headers
    assert headers["content-security-policy-report-only"] == "x"
    assert "content-security-policy" not in headers


@pytest.mark.anyio
async def test_permissions_are_written_as_a_structured_header(call: Any, ok: ASGIApp) -> None:
    permissions = {"camera": [], "geolocation": ["self", "https://maps.test"]}
    headers = (await call(SecurityHeadersMiddleware(ok, permissions_policy=permissions))).headers
    assert headers["permissions-policy"] == 'camera=(), geolocation=(self "https://maps.test")'


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"content_security_policy": {"script-src": "'self'"}}, TypeError, "script-src takes a list of sources"),
        ({"content_security_policy": {"script-src": ["a; b"]}}, ValueError, "semicolon inside the source"),
        ({"content_security_policy": "a\r\nb: c"}, ValueError, "line break"),
        ({"referrer_policy": "a\r\nb: c"}, ValueError, "referrer-policy"),
        ({"permissions_policy": {"camera": "self"}}, TypeError, "camera takes a list of origins"),
        ({"strict_transport_security": StrictTransportSecurity(-1)}, ValueError, "max_age is in seconds"),
        ({"strict_transport_security": StrictTransportSecurity(60, preload=True)}, ValueError, "preload needs"),
    ],
)
def test_a_wrong_option_is_refused_at_construction(options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        SecurityHeadersMiddleware(lambda *args: None, **options)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)

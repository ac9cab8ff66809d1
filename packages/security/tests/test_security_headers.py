"""`SecurityHeadersMiddleware` and the content security policy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ASGIApp, scope_record
from armillary.security import SecurityHeadersMiddleware, StrictTransportSecurity
from armillary.security._content_security_policy import ContentSecurityPolicy


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

    response = await call(SecurityHeadersMiddleware(app))
    names = [name for name, _ in response[0]["headers"]]
    assert response.headers["x-frame-options"] == "SAMEORIGIN"
    assert names.count(b"x-frame-options") == 1


@pytest.mark.anyio
async def test_every_response_has_its_own_nonce_known_to_the_application(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope_record(scope)["csp_nonce"].encode()})

    guarded = SecurityHeadersMiddleware(
        app, content_security_policy={"default-src": ["'self'"], "script-src": ["'self'", "'nonce'"]}
    )
    responses = [await call(guarded), await call(guarded)]
    for response in responses:
        expected = f"default-src 'self'; script-src 'self' 'nonce-{response.body.decode()}'"
        assert response.headers["content-security-policy"] == expected
    assert responses[0].body != responses[1].body


@pytest.mark.anyio
@pytest.mark.parametrize("report_only", [False, True])
async def test_a_304_leaves_the_stored_page_its_nonce(call: Any, report_only: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    policy = {"script-src": ["'nonce'"]}
    guarded = SecurityHeadersMiddleware(app, content_security_policy=policy, report_only=report_only)
    headers = (await call(guarded)).headers
    assert not [name for name in headers if name.startswith("content-security-policy")]
    assert headers["x-content-type-options"] == "nosniff"
    constant = SecurityHeadersMiddleware(app, content_security_policy={"script-src": ["'self'"]})
    assert (await call(constant)).headers["content-security-policy"] == "script-src 'self'"


@pytest.mark.anyio
async def test_a_policy_can_be_tried_out_in_report_only_mode(call: Any, ok: ASGIApp) -> None:
    headers = (await call(SecurityHeadersMiddleware(ok, content_security_policy="sandbox", report_only=True))).headers
    assert headers["content-security-policy-report-only"] == "sandbox"
    assert "content-security-policy" not in headers


@pytest.mark.anyio
async def test_permissions_are_written_as_a_structured_header(call: Any, ok: ASGIApp) -> None:
    permissions = {"camera": [], "geolocation": ["self", "https://maps.test"]}
    headers = (await call(SecurityHeadersMiddleware(ok, permissions_policy=permissions))).headers
    assert headers["permissions-policy"] == 'camera=(), geolocation=(self "https://maps.test")'


@pytest.mark.anyio
async def test_values_with_parameters_and_fallbacks_are_taken(call: Any, ok: ASGIApp) -> None:
    app = SecurityHeadersMiddleware(
        ok,
        referrer_policy="no-referrer, strict-origin-when-cross-origin",
        cross_origin_opener_policy='same-origin; report-to="coop"',
        cross_origin_embedder_policy="credentialless",
    )
    headers = (await call(app)).headers
    assert headers["referrer-policy"] == "no-referrer, strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == 'same-origin; report-to="coop"'
    assert headers["cross-origin-embedder-policy"] == "credentialless"


@given(st.dictionaries(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=3), max_size=3))
def test_a_policy_is_rejected_or_has_exactly_the_directives_given(directives: dict[str, list[str]]) -> None:
    try:
        policy = ContentSecurityPolicy(directives)
    except ValueError:
        return
    text = policy.header("n0nce").decode("ascii")
    assert text.isprintable()
    expected = [
        [name, *("'nonce-n0nce'" if one == "'nonce'" else one for one in sources)]
        for name, sources in directives.items()
    ]
    assert [part.split(" ") for part in text.split("; ")] == expected


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"content_security_policy": {"script-src": "'self'"}}, TypeError, "script-src takes a list of sources"),
        ({"content_security_policy": {"script-src": ["a;b"]}}, ValueError, "space or semicolon inside the source"),
        ({"content_security_policy": "a\r\nb: c"}, ValueError, "line break"),
        ({"content_security_policy": "default-src https://bücher.test"}, ValueError, "beyond ASCII"),
        ({"content_security_policy": {"script-src; x": []}}, ValueError, "is not the name of a directive"),
        ({"content_security_policy": {"script-src": ["a b"]}}, ValueError, "space or semicolon inside the source"),
        ({"content_security_policy": {}}, ValueError, "is empty"),
        ({"content_security_policy": " "}, ValueError, "is empty"),
        ({"frame_options": "ALLOW"}, ValueError, "frame_options is one of DENY, SAMEORIGIN"),
        ({"referrer_policy": "nope"}, ValueError, "referrer_policy"),
        ({"cross_origin_opener_policy": "same-site"}, ValueError, "cross_origin_opener_policy is one of"),
        ({"cross_origin_embedder_policy": "same-origin"}, ValueError, "cross_origin_embedder_policy is one of"),
        ({"cross_origin_resource_policy": "none"}, ValueError, "cross_origin_resource_policy is one of"),
        ({"strict_transport_security": "max-age=1"}, TypeError, "write StrictTransportSecurity(max_age=31536000)"),
        ({"permissions_policy": {"geo tag": []}}, ValueError, "is not the name of a feature"),
        ({"permissions_policy": {"camera": ['https://a"b']}}, ValueError, "is not an origin"),
        ({"referrer_policy": "a\r\nb: c"}, ValueError, "referrer_policy"),
        ({"cross_origin_opener_policy": "same-origin;\r\nb: c"}, ValueError, "cross-origin-opener-policy"),
        ({"permissions_policy": {"camera": "self"}}, TypeError, "camera takes a list of origins"),
        ({"content_security_policy": {"default-src": ["self"]}}, ValueError, "write \"'self'\""),
        ({"content_security_policy": "img-src *; Script-Src Unsafe-Inline"}, ValueError, "without quotes"),
        ({"content_security_policy": {"frame-ancestors": ["none"]}}, ValueError, "frame-ancestors names none"),
        ({"content_security_policy": {"script-src": ["sha256-abc="]}}, ValueError, "without quotes"),
    ],
)
def test_a_wrong_option_is_rejected_at_construction(options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        SecurityHeadersMiddleware(lambda *args: None, **options)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"max_age": -1}, ValueError, "max_age is in seconds, 0 or more; got -1"),
        ({"max_age": 1.5}, TypeError, "max_age is a number of seconds"),
        ({"max_age": 60, "preload": True}, ValueError, "preload needs"),
    ],
)
def test_strict_transport_security_is_checked_when_it_is_made(
    arguments: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        StrictTransportSecurity(**arguments)


@pytest.mark.anyio
async def test_a_header_the_application_set_in_capitals_stays() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"SAMEORIGIN")]})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await SecurityHeadersMiddleware(app)({"type": "http", "scheme": "http"}, None, send)  # type: ignore[arg-type]
    frames = [value for name, value in sent[0]["headers"] if name.lower() == b"x-frame-options"]
    assert frames == [b"SAMEORIGIN"]

"""`CSRFPolicy`, its tokens and `CSRFMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest
import testkit
from hypothesis import given, strategies as st

from armillary.asgi_types import ASGIApp, scope_record
from armillary.security import CSRFMiddleware, CSRFPolicy, csrf_token
from armillary.security._csrf_policy import RequestMetadata
from armillary.security._csrf_token import is_secret, mask, matches, new_secret

REQUEST = RequestMetadata("POST", "/", None, None, "https://example.com", "browser")


@pytest.mark.parametrize(
    ("metadata", "decision"),
    [
        (REQUEST._replace(method="GET", fetch_site="cross-site"), "allow"),
        (REQUEST._replace(fetch_site="same-origin"), "allow"),
        (REQUEST._replace(fetch_site="none"), "allow"),
        (REQUEST._replace(fetch_site="same-site"), "reject"),
        (REQUEST._replace(fetch_site="cross-site"), "reject"),
        (REQUEST._replace(fetch_site="nonsense"), "reject"),
        (REQUEST._replace(fetch_site="cross-site", origin="https://admin.example.com"), "allow"),
        (REQUEST._replace(origin="https://example.com"), "allow"),
        (REQUEST._replace(origin="http://example.com"), "reject"),
        (REQUEST._replace(origin="https://example.com:8443"), "reject"),
        (REQUEST._replace(origin="https://example.com.evil"), "reject"),
        (REQUEST._replace(origin="null"), "reject"),
        (REQUEST._replace(origin="", own_origin=""), "reject"),
        (REQUEST._replace(authority="none"), "allow"),
        (REQUEST._replace(authority="none", fetch_site="cross-site"), "reject"),
        (REQUEST._replace(authority="program"), "allow"),
        (REQUEST._replace(authority="program", fetch_site="cross-site", origin="https://evil.test"), "allow"),
        (REQUEST, "check the token"),
        (REQUEST._replace(path="/webhooks/pay", fetch_site="cross-site"), "allow"),
        (REQUEST._replace(path="/webhooks/../transfer", fetch_site="cross-site"), "reject"),
        (REQUEST._replace(path="/login/", fetch_site="cross-site"), "reject"),
        (REQUEST._replace(path="/webhooks", fetch_site="cross-site"), "reject"),
        (REQUEST._replace(path="/login", fetch_site="cross-site"), "allow"),
        (REQUEST._replace(path="/login/x", fetch_site="cross-site"), "reject"),
    ],
)
def test_the_decision_follows_fetch_metadata_then_origin_then_the_token(
    metadata: RequestMetadata, decision: str
) -> None:
    policy = CSRFPolicy(["https://admin.example.com"], ["/webhooks/*", "/login"])
    assert policy.decide(metadata) == decision


def test_a_trusted_origin_may_be_written_with_its_default_port() -> None:
    policy = CSRFPolicy(["https://Admin.example.com:443"])
    assert policy.decide(REQUEST._replace(fetch_site="same-site", origin="https://admin.example.com")) == "allow"


CROSS_SITE_REQUESTS = st.builds(
    RequestMetadata,
    method=st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "post", "_PRIVATE"]),
    path=st.sampled_from(["/", "/webhooks", "/webhooksx", "/transfer"]),
    fetch_site=st.none() | st.sampled_from(["same-site", "cross-site", "", "SAME-ORIGIN", "x"]),
    origin=st.none()
    | st.sampled_from(["null", "", "https://evil.test", "http://example.com", "https://example.com.evil.test"]),
    own_origin=st.sampled_from(["https://example.com", ""]),
    authority=st.just("browser"),
)


@given(CROSS_SITE_REQUESTS)
def test_no_cross_site_request_with_a_cookie_is_allowed_without_the_token(metadata: RequestMetadata) -> None:
    assert CSRFPolicy(["https://admin.example.com"], ["/webhooks/*"]).decide(metadata) != "allow"


def test_a_masked_token_matches_its_secret_and_no_other() -> None:
    secret, other = new_secret(), new_secret()
    first, second = mask(secret), mask(secret)
    assert first != second
    assert matches(first, secret)
    assert matches(second, secret)
    assert matches(secret, secret)
    assert not matches(first, other)


@given(st.text(max_size=200))
def test_no_other_text_is_a_secret_or_a_token(text: str) -> None:
    assert not matches(text, new_secret())
    assert not is_secret(text) or len(text) == 32


@pytest.mark.anyio
async def test_a_cross_site_post_is_rejected_with_a_sentence(call: Any, ok: ASGIApp) -> None:
    response = await call(CSRFMiddleware(ok), "POST", headers={"sec-fetch-site": "cross-site"})
    assert (response.status, response.sentence) == (403, "Cross-site request rejected: reload the page and try again")


@pytest.mark.anyio
async def test_an_own_origin_passes_whatever_the_case_of_the_host(call: Any, ok: ASGIApp) -> None:
    headers = {"host": "Example.com", "origin": "http://example.com", "cookie": "a=b"}
    assert (await call(CSRFMiddleware(ok), "POST", headers=headers)).status == 200


@pytest.mark.anyio
async def test_a_repeated_host_is_no_own_origin(call: Any, ok: ASGIApp) -> None:
    headers = [("host", "example.com"), ("host", "evil.test"), ("origin", "http://evil.test")]
    assert (await call(CSRFMiddleware(ok), "POST", headers=headers)).status == 403


def page_with_token() -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        token = scope_record(scope).get("csrf_token", "")
        body = b""
        while scope["method"] == "POST":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body or token.encode()})

    return CSRFMiddleware(app)


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_token_of_the_page_lets_its_form_pass_in_whatever_way_it_is_sent(call: Any, scheme: str) -> None:
    app = page_with_token()
    page = await call(app, scheme=scheme)
    cookie = page.headers["set-cookie"].partition(";")[0]
    token = page.body.decode()
    assert cookie.startswith("__Host-csrftoken=" if scheme == "https" else "csrftoken=")
    assert ("; Secure" in page.headers["set-cookie"]) is (scheme == "https")
    multipart = f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--b--\r\n'
    bodies = [f"a=b&csrf_token={token}", f"csrf_token={token}".replace("=", "%3D").replace("%3D", "=", 1), multipart]
    for body in bodies:
        halves = [body[:20].encode(), body[20:].encode()]
        response = await call(app, "POST", headers={"cookie": cookie}, body=halves, scheme=scheme)
        assert (response.status, response.body) == (200, body.encode())
    in_header = {"cookie": cookie, "x-csrf-token": token}
    assert (await call(app, "POST", headers=in_header, scheme=scheme)).status == 200


@pytest.mark.anyio
async def test_a_form_without_the_token_or_with_another_secrets_is_rejected(call: Any) -> None:
    app = page_with_token()
    cookie = {"cookie": f"csrftoken={new_secret()}"}
    for body in (b"a=b", b"csrf_token=", f"csrf_token={mask(new_secret())}".encode(), b"x_csrf_token=abc"):
        assert (await call(app, "POST", headers=cookie, body=body)).status == 403


@pytest.mark.anyio
async def test_what_is_rejected_is_logged_with_what_would_let_it_pass(
    call: Any, caplog: pytest.LogCaptureFixture
) -> None:
    known = {"cookie": f"csrftoken={new_secret()}"}
    for headers, body, said in (
        (known, b"a=b", "put csrf_field() into the form, or send csrf_token(scope) in the header x-csrf-token"),
        ({"cookie": "a=b"}, b"csrf_token=abc", "the cookie or session of its token did not come with it"),
        (known, f"csrf_token={mask(new_secret())}".encode(), "its token is of another session"),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.test\x1b"}, b"", "trusted_origins=[...]"),
    ):
        caplog.clear()
        await call(page_with_token(), "POST", headers=headers, body=body)
        (record,) = caplog.records
        assert (record.name, record.levelname) == ("armillary.security", "WARNING")
        assert record.getMessage().startswith("'POST' '/' was rejected: ")
        assert said in record.getMessage()
        assert "\x1b" not in record.getMessage()
    caplog.clear()
    await call(page_with_token(), "\n\x1b" + "A" * 1000, headers={"sec-fetch-site": "cross-site", "cookie": "a=b"})
    line = caplog.messages[0]  # HTTP/2 names methods of any length
    assert line.isprintable()
    assert len(line) < 400


@pytest.mark.anyio
async def test_a_planted_cookie_that_is_no_secret_is_rejected(call: Any) -> None:
    assert (await call(page_with_token(), "POST", headers={"cookie": "csrftoken="}, body=b"csrf_token=")).status == 403


@pytest.mark.anyio
async def test_a_browser_that_has_the_cookie_is_not_given_another(call: Any) -> None:
    page = await call(page_with_token(), headers={"cookie": f"csrftoken={new_secret()}"})
    assert "set-cookie" not in page.headers


@pytest.mark.anyio
@pytest.mark.parametrize("cookie", ["", f"csrftoken={new_secret()}"], ids=["no cookie", "a cookie"])
@pytest.mark.parametrize("own", [[], [(b"vary", b"Accept")], [(b"vary", b"cookie")], [(b"vary", b"*")]])
async def test_a_page_that_may_hold_a_token_varies_with_the_cookie_once(call: Any, cookie: str, own: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html"), *own]}
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    page = await call(CSRFMiddleware(app), headers={"cookie": cookie} if cookie else {})
    varied = [value for name, value in page[0]["headers"] if name == b"vary"]
    items = [item.strip().lower() for value in varied for item in value.split(b",")]
    assert items.count(b"cookie") + items.count(b"*") == 1


@pytest.mark.anyio
async def test_sixteen_times_the_parts_are_no_more_than_24_times_the_copied_bytes(call: Any, ok: ASGIApp) -> None:
    class Counted(bytes):
        copied = 0

        def __radd__(self, other: Any) -> Any:
            Counted.copied += len(other) + len(self)
            return other + bytes(self)

    async def work(parts: int) -> None:
        Counted.copied = 0
        headers = {"cookie": f"csrftoken={new_secret()}"}
        await call(CSRFMiddleware(ok), "POST", headers=headers, body=[Counted(b"a") for _ in range(parts)])

    copied: list[int] = []
    for parts in (64, 1024):
        await work(parts)
        copied.append(Counted.copied)
    assert copied[1] <= 24 * max(copied[0], 1)


@pytest.mark.anyio
async def test_a_body_longer_than_what_is_searched_reaches_the_application_whole(call: Any, ok: ASGIApp) -> None:
    app = page_with_token()
    page = await call(app)
    cookie = page.headers["set-cookie"].partition(";")[0]
    body = b"csrf_token=" + page.body + b"&a=" + b"x" * 200_000
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    response = await call(app, "POST", headers={"cookie": cookie}, body=chunks)
    assert response.body == body


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"trusted_origins": "https://a.test"}, TypeError, "trusted_origins is a list"),
        ({"trusted_origins": ["a.test"]}, ValueError, "is not an origin"),
        ({"trusted_origins": ["https://a.test/"]}, ValueError, "is not an origin"),
        ({"trusted_origins": ["https://*.a.test"]}, ValueError, "is not an origin"),
        ({"trusted_origins": ["https://bücher.test"]}, ValueError, "xn--"),
        ({"cookie_name": "a;b"}, ValueError, "cookie_name"),
        ({"cookie_name": ""}, ValueError, "cookie_name"),
        ({"header_name": "x csrf"}, ValueError, "header_name"),
        ({"field_name": ""}, ValueError, "field_name"),
        ({"field_name": "a=b"}, ValueError, "field_name"),
        ({"exempt": ["hooks"]}, ValueError, "not an absolute path"),
        ({"exempt": ["/hook*"]}, ValueError, "beyond a path segment"),
    ],
)
def test_a_wrong_option_is_rejected_at_construction(options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        CSRFMiddleware(lambda *args: None, **options)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)


CROSS_SITE = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ({"authorization": "Bearer s3cret"}, 200),
        ({"authorization": "bearer s3cret"}, 200),
        ({"authorization": "Bearer s3cret", "cookie": "a=b"}, 403),
        ({"authorization": "Basic YTpi"}, 403),
        ({"authorization": "Negotiate abc"}, 403),
        ({"cookie": "a=b"}, 403),
        ({}, 403),
    ],
)
async def test_a_cross_site_call_passes_only_without_what_browsers_send_by_themselves(
    call: Any, ok: ASGIApp, credentials: dict[str, str], status: int
) -> None:
    assert (await call(CSRFMiddleware(ok), "POST", headers=CROSS_SITE | credentials)).status == status


@pytest.mark.anyio
async def test_the_secret_is_found_in_any_of_several_cookie_fields(call: Any, ok: ASGIApp) -> None:
    secret = new_secret()
    headers = [("cookie", "a=b"), ("cookie", f"csrftoken={secret}"), ("x-csrf-token", mask(secret))]
    assert (await call(CSRFMiddleware(ok), "POST", headers=headers)).status == 200


@pytest.mark.anyio
@pytest.mark.parametrize("reads", [True, False])
async def test_a_token_first_read_for_json_gets_its_cookie(call: Any, reads: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = csrf_token(scope).encode() if reads else b""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    page = await call(CSRFMiddleware(app))
    assert ("set-cookie" in page.headers) is reads
    assert (page.headers.get("vary") == "Cookie") is reads
    if reads:
        headers = {"cookie": page.headers["set-cookie"].partition(";")[0], "x-csrf-token": page.text}
        assert (await call(CSRFMiddleware(app), "POST", headers=headers)).status == 200


@pytest.mark.anyio
async def test_a_page_that_responds_to_a_form_may_hold_a_token_too(call: Any) -> None:
    page = await call(CSRFMiddleware(page_app), "POST", headers={"sec-fetch-site": "same-origin"})
    assert "set-cookie" in page.headers
    assert page.text


async def page_app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"Text/HTML")]})
    await send({"type": "http.response.body", "body": scope_record(scope)["csrf_token"].encode()})


def test_reading_a_token_outside_of_the_middleware_says_what_to_do() -> None:
    with pytest.raises(LookupError, match="put CSRFMiddleware around"):
        csrf_token({"type": "http"})


@pytest.mark.anyio
async def test_with_a_session_the_token_is_bound_to_it(call: Any) -> None:
    """A cookie of its own, which a page below the same domain could plant, counts for nothing."""
    sessions: dict[str, dict[str, Any]] = {"ada": {}, "eve": {}}

    def app_of(name: str) -> ASGIApp:
        async def with_session(scope: Any, receive: Any, send: Any) -> None:
            await CSRFMiddleware(page_app)({**scope, "session": sessions[name]}, receive, send)

        return with_session

    page = await call(app_of("ada"))
    assert "set-cookie" not in page.headers
    assert page.headers["vary"] == "Cookie"
    own = {"cookie": "session=x", "x-csrf-token": page.text}
    assert (await call(app_of("ada"), "POST", headers=own)).status == 200
    assert (await call(app_of("eve"), "POST", headers=own)).status == 403
    planted = new_secret()
    forged = {"cookie": f"session=x; csrftoken={planted}", "x-csrf-token": mask(planted)}
    assert (await call(app_of("ada"), "POST", headers=forged)).status == 403
    sessions["ada"].clear()
    assert (await call(app_of("ada"), "POST", headers=own)).status == 403


# WebSocket handshakes


async def opened(middleware: Any, origin: str | None, path: str = "/chat", **keys: Any) -> list[Any]:
    """Return what was sent on a handshake with a cookie; an accept of the application's if it was allowed."""
    headers = {"host": "example.com", "cookie": "session=x", **({} if origin is None else {"origin": origin})}
    scope = testkit.websocket_scope(path, headers=headers, **keys)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await middleware(scope, receive, send)
    return [message["type"] for message in sent]


async def accept(scope: Any, receive: Any, send: Any) -> None:
    assert scope["armillary"].get("origin_checked", scope["path"].startswith("/public"))
    await send({"type": "websocket.accept"})


@pytest.mark.anyio
@pytest.mark.parametrize("origin", [None, "http://example.com", "https://example.com", "https://admin.example.com"])
async def test_a_websocket_is_opened_by_pages_of_this_site_trusted_ones_and_programs(origin: str | None) -> None:
    middleware = CSRFMiddleware(accept, trusted_origins=["https://admin.example.com"])
    assert await opened(middleware, origin) == ["websocket.accept"]


@pytest.mark.anyio
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://example.com.evil.test"])
async def test_a_websocket_is_not_opened_by_another_sites_page(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    middleware = CSRFMiddleware(accept, exempt=["/public/*"])
    assert await opened(middleware, origin) == ["websocket.close"]
    assert f"trusted_origins=[{origin!r}]" in caplog.text
    assert await opened(middleware, origin, "/public/chat", armillary={}) == ["websocket.accept"]

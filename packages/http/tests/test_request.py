from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.http import Request, Response, best_language, request_response


def scope_of(**changes: Any) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": "/", "headers": [], **changes}


def headers(**fields: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items()]


def test_a_request_is_made_of_an_http_scope_only() -> None:
    with pytest.raises(TypeError, match="http scope, got 'websocket'"):
        Request({"type": "websocket", "path": "/"})


async def send_nothing(message: Any) -> None:
    raise AssertionError(message)


@pytest.mark.anyio
async def test_without_channels_the_body_and_hints_say_what_is_missing() -> None:
    request = Request(scope_of(extensions={"http.response.early_hint": {}, "http.response.push": {}}))
    with pytest.raises(RuntimeError, match="Receive channel"):
        await request.body()
    with pytest.raises(RuntimeError, match="Send channel"):
        await request.send_early_hints("</a.css>; rel=preload")
    with pytest.raises(RuntimeError, match="Send channel"):
        await request.send_push_promise("/a.css")


@pytest.mark.anyio
async def test_early_hints_and_pushes_are_sent_if_the_server_can(exchange: Any) -> None:
    async def app(request: Request) -> Response:
        await request.send_early_hints("</a.css>; rel=preload", "</b.css>; rel=preload")
        await request.send_push_promise("/a.css")
        return Response(b"")

    extensions: dict[str, Any] = {"http.response.early_hint": {}, "http.response.push": {}}
    sent = await exchange(extensions=extensions, headers=headers(accept="text/css", cookie="a=b")).run(
        request_response(app)
    )
    assert sent.sent[0] == {
        "type": "http.response.early_hint",
        "links": [b"</a.css>; rel=preload", b"</b.css>; rel=preload"],
    }
    assert sent.sent[1] == {"type": "http.response.push", "path": "/a.css", "headers": [(b"accept", b"text/css")]}
    without = await exchange().run(request_response(app))
    assert without.kinds == ["http.response.start", "http.response.body"]


@pytest.mark.anyio
@pytest.mark.parametrize("link", ["</a>\r\nx: y", "</a>\n", "</a>\x00"])
async def test_hints_and_pushes_that_would_break_a_header_are_rejected(link: str) -> None:
    request = Request(scope_of(), send=send_nothing)
    with pytest.raises(ValueError):
        await request.send_early_hints(link)
    with pytest.raises(ValueError):
        await request.send_push_promise("/" + link)
    with pytest.raises(ValueError, match="slash"):
        await request.send_push_promise("a.css")


def test_the_client_certificate_comes_from_the_tls_extension() -> None:
    assert Request(scope_of()).client_certificate is None
    assert Request(scope_of(extensions={"tls": {"client_cert_chain": []}})).client_certificate is None
    tls = {"client_cert_chain": ["pem"], "client_cert_name": "CN=ada", "client_cert_error": "expired"}
    certificate = Request(scope_of(extensions={"tls": tls})).client_certificate
    assert certificate is not None
    assert (certificate.chain, certificate.name, certificate.error) == (("pem",), "CN=ada", "expired")
    assert not certificate.verified


def test_forwarded_elements_come_in_order_and_malformed_ones_are_the_clients_fault() -> None:
    request = Request(scope_of(headers=[(b"forwarded", b"for=1.1.1.1;proto=https"), (b"forwarded", b"for=2.2.2.2")]))
    assert [element.for_ for element in request.forwarded] == ["1.1.1.1", "2.2.2.2"]
    assert Request(scope_of()).forwarded == []
    with pytest.raises(HTTPException) as caught:
        _ = Request(scope_of(headers=headers(forwarded='for="'))).forwarded
    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        (None, ["text/html", "application/json"], "text/html"),
        ("*/*", ["text/html", "application/json"], "text/html"),
        ("application/json", ["text/html", "application/json"], "application/json"),
        ("text/*;q=0.5, application/json;q=0.4", ["application/json", "text/html"], "text/html"),
        ("text/html;q=0, */*", ["text/html", "image/png"], "image/png"),
        ("text/html;level=1, text/html;q=0.2", ["text/html", "text/html;level=1"], "text/html;level=1"),
        ("image/png", ["text/html"], None),
        ("nonsense", ["text/html"], None),
        ("*/*", [], None),
    ],
)
def test_the_media_type_wanted_most_is_chosen(accept: str | None, offered: list[str], chosen: str | None) -> None:
    request = Request(scope_of(headers=[] if accept is None else headers(accept=accept)))
    assert request.best_match(offered) == chosen
    assert request.best_match(offered, "x/y") == (chosen or "x/y")


def test_accepts_asks_for_one_media_type() -> None:
    request = Request(scope_of(headers=headers(accept="text/*, application/json;q=0")))
    assert request.accepts("text/html")
    assert not request.accepts("application/json")
    assert not request.accepts("image/png")


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        (None, ["en", "de"], "en"),
        ("de-CH, en;q=0.5", ["en", "de"], "de"),
        ("de-CH-1996", ["de-CH", "de"], "de-CH"),
        ("en", ["de", "en-GB"], "en-GB"),
        ("zh-Hant-x-private", ["zh", "zh-Hant"], "zh-Hant"),
        ("fr, *;q=0.1", ["de", "en"], "de"),
        ("*, de;q=0", ["de", "en"], "en"),
        ("FR", ["fr"], "fr"),
        ("fr", ["de"], None),
        ("de-CH-1996-a-b-c", ["de-CH", "de"], "de-CH"),
        ("de-x-yyy", ["de-x", "de"], "de"),
        ("de-x-yyy-zzz", ["de-x", "de", "zh-Hant-TW"], "de"),
        ("x-yyy", ["x", "de"], None),
        ("de-x", ["de-x", "de"], "de-x"),
        ("", [], None),
        ("fr", [], None),
    ],
)
def test_the_language_wanted_most_is_chosen(accept: str | None, offered: list[str], chosen: str | None) -> None:
    request = Request(scope_of(headers=[] if accept is None else headers(accept_language=accept)))
    assert request.best_language(offered) == chosen


@pytest.mark.parametrize("subtag", ["-a1", "-x", "-"])
def test_no_range_is_shortened_more_often_than_the_longest_offered_tag_allows(subtag: str, counted_lines: Any) -> None:
    offered = ["en", "de-CH", "zh-Hant-TW"]
    short, long = ("fr" + subtag * times for times in (20, 20_000))
    assert counted_lines(lambda: best_language(long, offered)) <= counted_lines(lambda: best_language(short, offered))


MOMENT = datetime(2024, 5, 1, 12, 0, 0, 500, tzinfo=UTC)
SAME = "Wed, 01 May 2024 12:00:00 GMT"
EARLIER = "Wed, 01 May 2024 11:59:59 GMT"


@pytest.mark.parametrize(
    ("method", "fields", "status"),
    [
        ("GET", {}, None),
        ("GET", {"if_none_match": '"v1"'}, 304),
        ("HEAD", {"if_none_match": 'W/"v1", "x"'}, 304),
        ("PUT", {"if_none_match": '"v1"'}, 412),
        ("PUT", {"if_none_match": "*"}, 412),
        ("GET", {"if_none_match": '"v2"'}, None),
        ("GET", {"if_none_match": '"v2"', "if_modified_since": SAME}, None),
        ("GET", {"if_modified_since": SAME}, 304),
        ("GET", {"if_modified_since": EARLIER}, None),
        ("POST", {"if_modified_since": SAME}, None),
        ("GET", {"if_modified_since": "yesterday"}, None),
        ("PUT", {"if_match": '"v1"'}, None),
        ("PUT", {"if_match": 'W/"v1"'}, 412),
        ("PUT", {"if_match": '"v2"'}, 412),
        ("PUT", {"if_match": "*"}, None),
        ("PUT", {"if_unmodified_since": EARLIER}, 412),
        ("PUT", {"if_unmodified_since": SAME}, None),
        ("PUT", {"if_match": '"v1"', "if_unmodified_since": EARLIER}, None),
    ],
)
def test_conditions_are_evaluated_in_the_order_of_rfc_9110_section_13(
    method: str, fields: dict[str, str], status: int | None
) -> None:
    request = Request(scope_of(method=method, headers=headers(**fields)))
    if status is None:
        request.check_conditions(etag='"v1"', last_modified=MOMENT)
        return
    with pytest.raises(HTTPException) as caught:
        request.check_conditions(etag='"v1"', last_modified=MOMENT)
    assert caught.value.status_code == status
    assert caught.value.headers == {"ETag": '"v1"', "Last-Modified": SAME}


def test_a_resource_that_is_not_there_fails_if_match_and_meets_if_none_match() -> None:
    with pytest.raises(HTTPException, match="412"):
        Request(scope_of(method="PUT", headers=headers(if_match="*"))).check_conditions(exists=False)
    Request(scope_of(method="PUT", headers=headers(if_none_match="*"))).check_conditions(exists=False)


def test_a_moment_without_a_zone_is_utc_and_an_etag_needs_its_quotes() -> None:
    request = Request(scope_of(headers=headers(if_modified_since=SAME)))
    with pytest.raises(HTTPException, match="304"):
        request.check_conditions(last_modified=MOMENT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="in quotes"):
        request.check_conditions(etag="v1")


@pytest.mark.anyio
async def test_a_304_for_a_dynamic_resource_has_its_validators_and_no_body(exchange: Any) -> None:
    async def page(request: Request) -> Response:
        request.check_conditions(etag='"v1"')
        return Response(b"page", headers={"ETag": '"v1"'})

    sent = await exchange(headers=headers(if_none_match='"v1"')).run(request_response(page))
    assert (sent.status, sent.headers, sent.body) == (304, {"etag": '"v1"'}, b"")

"""CORS, trusted hosts and redirects to https take what Starlette takes, with its effect."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from armillary.starlette._caution import caution
from armillary.starlette.datastructures import URL
from armillary.starlette.middleware.cors import CORSMiddleware
from armillary.starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from armillary.starlette.middleware.trustedhost import TrustedHostMiddleware
from armillary.starlette.responses import PlainTextResponse
from armillary.starlette.testclient import TestClient

OK = PlainTextResponse("OK")


def test_a_name_that_is_no_host_is_trusted_if_it_is_listed_letter_by_letter() -> None:
    client = TestClient(TrustedHostMiddleware(OK, [";", "a.example"]))
    statuses = [client.get("/", headers={"host": host}).status_code for host in (";", "a.example", ";x", "a.example;")]
    assert statuses == [200, 200, 400, 400]


def allowed(origin: str, **options: Any) -> str | None:
    client = TestClient(CORSMiddleware(OK, **options))
    return client.get("/", headers={"origin": origin}).headers.get("access-control-allow-origin")


def preflight(**options: Any) -> Any:
    client = TestClient(CORSMiddleware(OK, allow_origins=["*"], **options))
    headers = {"origin": "http://a", "access-control-request-method": "GET", "access-control-request-headers": "X-A"}
    return client.options("/", headers=headers)


@pytest.mark.parametrize(
    ("options", "origin", "value"),
    [
        ({"allow_origins": "*"}, "http://a", "*"),
        ({"allow_origins": "http://a"}, "http://a", "http://a"),
        ({"allow_origins": "http://a, http://b"}, "http://b", "http://b"),
        ({"allow_origins": [""]}, "http://a", None),
        ({"allow_origins": ["http://a/"]}, "http://a", None),
        ({"allow_origins": ["http://a/path"]}, "http://a", None),
        ({"allow_origins": ["HTTP://A"]}, "http://a", None),
        ({"allow_origins": [URL("http://a")]}, "http://a", "http://a"),
        ({"allow_origin_regex": re.compile("HTTP://A", re.IGNORECASE)}, "http://a", "http://a"),
        ({"allow_origin_regex": ""}, "http://a", None),
    ],
)
def test_any_list_of_origins_is_taken(options: dict[str, Any], origin: str, value: str | None) -> None:
    assert allowed(origin, **options) == value


def test_an_origin_added_to_the_list_later_is_allowed() -> None:
    origins: list[str] = []
    app = CORSMiddleware(OK, allow_origins=origins)
    app.allow_origins.append("http://late")  # type: ignore[attr-defined]
    headers = TestClient(app).get("/", headers={"origin": "http://late"}).headers
    assert headers["access-control-allow-origin"] == "http://late"


@pytest.mark.parametrize("value", ["60", 1.5, True, "abc"])
def test_max_age_is_sent_as_it_is_written(value: Any) -> None:
    assert preflight(max_age=value, allow_headers="*").headers["access-control-max-age"] == str(value)


def test_strings_for_lists_of_methods_and_headers_are_taken_apart() -> None:
    response = preflight(allow_methods="GET", allow_headers=["x-a"], expose_headers=None)
    assert (response.status_code, response.headers["access-control-allow-methods"]) == (200, "G, E, T")
    headers = (
        TestClient(CORSMiddleware(OK, ["*"], expose_headers="X-A")).get("/", headers={"origin": "http://a"}).headers
    )
    assert headers["access-control-expose-headers"] == "X, -, A"


def test_a_rejected_preflight_says_what_would_be_allowed() -> None:
    response = preflight()
    assert (response.status_code, response.text) == (400, "Disallowed CORS headers")
    assert response.headers["access-control-allow-methods"] == "GET"
    assert response.headers["access-control-max-age"] == "600"


def test_the_arguments_of_cors_are_attributes() -> None:
    app = CORSMiddleware(OK, ["http://a"], ["PUT"], ["X-A"], True, "http://b")
    assert (app.allow_origins, list(app.allow_methods), app.allow_credentials) == (["http://a"], ["PUT"], True)
    assert app.allow_headers == ["accept", "accept-language", "content-language", "content-type", "x-a"]
    assert app.allow_origin_regex == re.compile("http://b")
    assert (app.allow_all_origins, app.allow_all_headers, app.preflight_explicit_allow_origin) == (False, False, True)


@pytest.mark.parametrize(
    ("hosts", "host", "status"),
    [
        (["a"], "a:99999", 200),
        (["a"], "a:655360000", 200),
        (["www.a.com"], "a.com:70000", 307),
        ("*", "b", 200),
        ("ab", "ab", 400),
        ("ab", "a", 200),
        (["a:80"], "a:80", 400),
        (["::1"], "[::1]", 400),
        ([";", "a"], "a", 200),
        (["http://a", ""], "a", 400),
        ({"a"}, "a", 200),
    ],
)
def test_any_list_of_hosts_is_taken(hosts: Any, host: str, status: int) -> None:
    client = TestClient(TrustedHostMiddleware(OK, hosts), follow_redirects=False)
    assert client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("pattern", ["a*b", "*a", "*.x*", "*.*.com"])
def test_a_wildcard_inside_a_host_is_an_assertion_error(pattern: str) -> None:
    with pytest.raises(AssertionError, match="Domain wildcard patterns must be like"):
        TrustedHostMiddleware(OK, [pattern])


def test_a_string_for_a_list_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caution.cache_clear()
    with caplog.at_level(logging.WARNING, logger="armillary.starlette"):
        for _ in range(2):
            CORSMiddleware(OK, allow_origins="http://a")
            TrustedHostMiddleware(OK, "b")
    assert [record.getMessage().rpartition("; ")[2] for record in caplog.records] == [
        "write ['http://a']",
        "write ['b']",
    ]


def test_a_malformed_host_is_redirected_to_the_https_address_of_the_server() -> None:
    client = TestClient(HTTPSRedirectMiddleware(OK), base_url="http://testserver:8000", follow_redirects=False)
    response = client.get("/a", headers={"host": "evil@h"})
    assert (response.status_code, response.headers["location"]) == (307, "https://testserver:8000/a")


def test_a_name_below_one_that_is_no_host_is_trusted_by_its_wildcard() -> None:
    app = TrustedHostMiddleware(OK, ["*.;"])
    statuses = [
        TestClient(app, base_url=f"http://{host}").get("/").status_code for host in ("a.;", "b.a.;", ";", "a,b.;", "a")
    ]
    assert statuses == [200, 200, 400, 400, 400]


@pytest.mark.parametrize("fields", [[], [(b"vary", b"Accept")], [(b"Vary", b"Accept")]])
def test_cors_changes_no_list_that_an_application_sends_again(fields: list[tuple[bytes, bytes]]) -> None:
    sent = [*fields]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": b""})

    client = TestClient(CORSMiddleware(app, ["http://a"]))
    assert client.get("/", headers={"origin": "http://a"}).headers["access-control-allow-origin"] == "http://a"
    assert "access-control-allow-origin" not in client.get("/").headers
    assert sent == fields


def test_a_page_of_another_origin_gets_every_field_but_the_one_that_allows_it() -> None:
    app = CORSMiddleware(OK, allow_origins=["http://a"], allow_credentials=True, expose_headers=["X-A"])
    headers = TestClient(app).get("/", headers={"origin": "http://b"}).headers
    found = {name: value for name, value in headers.items() if name.startswith("access-control-")}
    assert found == {"access-control-allow-credentials": "true", "access-control-expose-headers": "X-A"}

"""The attributes of a request: values in, attributes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ClientDisconnect, HTTPException
from armillary.telemetry import (
    ExcludedURLs,
    OpenTelemetryMiddleware,
    RequestOutcome,
    redacted_query,
    request_attributes,
)
from armillary.telemetry._attributes import header_attributes, known_methods, span_name

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "headers": [],
    "query_string": b"",
}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, {"http.request.method": "GET", "url.scheme": "http", "url.path": "/"}),
        ({"scheme": "https"}, {"url.scheme": "https"}),
        ({"type": "websocket"}, {"url.scheme": "ws", "http.request.method": "GET"}),
        ({"path": "/a b", "raw_path": b"/a%20b"}, {"url.path": "/a%20b"}),
        ({"path": "/é\n", "raw_path": None}, {"url.path": "/%C3%A9%0A"}),
        ({"query_string": b"a=1&sig=x"}, {"url.query": "a=1&sig=REDACTED"}),
        ({"headers": [(b"host", b"a.test:81")], "server": ("b", 1)}, {"server.address": "a.test", "server.port": 81}),
        ({"headers": [(b"host", b"a.test")], "scheme": "https"}, {"server.address": "a.test", "server.port": 443}),
        ({"headers": [(b"host", b"x/?")], "server": ("b", 1)}, {"server.address": "b", "server.port": 1}),
        ({"headers": [(b"host", b"a")] * 2, "server": ("b", 1)}, {"server.address": "b"}),
        ({"headers": [(b"host", b"[::1]:81")]}, {"server.address": "::1", "server.port": 81}),
        ({"client": ("192.0.2.1", 7)}, {"client.address": "192.0.2.1", "network.peer.port": 7}),
        ({"http_version": "2"}, {"network.protocol.version": "2"}),
        ({"headers": [(b"user-agent", b"curl")]}, {"user_agent.original": "curl"}),
        ({"method": "get"}, {"http.request.method": "GET", "http.request.method_original": "get"}),
        ({"method": "BREW"}, {"http.request.method": "_OTHER", "http.request.method_original": "BREW"}),
        ({"method": "QUERY"}, {"http.request.method": "QUERY"}),
    ],
)
def test_the_attributes_of_the_semantic_conventions(scope: Any, expected: dict[str, Any]) -> None:
    found = request_attributes({**SCOPE, **scope})
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "absent", ["url.query", "server.address", "server.port", "client.address", "network.peer.port"]
)
def test_what_is_not_known_is_not_recorded(absent: str) -> None:
    assert absent not in request_attributes({**SCOPE, "server": None, "client": None})


def test_the_address_that_a_proxy_reported_is_not_the_peers() -> None:
    found = request_attributes({**SCOPE, "client": ("203.0.113.9", 0)})
    assert found["client.address"] == "203.0.113.9"
    assert not {"network.peer.address", "network.peer.port"} & found.keys()


@given(
    st.text(st.characters(exclude_categories=[])),
    st.binary(),
    st.lists(st.tuples(st.sampled_from([b"host", b"user-agent", b"x"]), st.binary())),
    st.text(),
)
def test_no_request_is_too_odd_to_be_recorded(path: str, query: bytes, headers: list[Any], method: str) -> None:
    found = request_attributes(
        {**SCOPE, "path": path, "query_string": query, "headers": headers, "method": method}, headers=[b"x"]
    )
    for value in found.values():
        for text in value if isinstance(value, list) else [value]:
            assert not isinstance(text, str) or (text.encode("utf-8") is not None and len(text) <= 4096 * 3)


@given(st.text())
def test_redaction_changes_credentials_alone(query: str) -> None:
    assert redacted_query(query) == query or any(name in query for name in ("sig", "Signature", "AWSAccessKeyId"))


def test_every_credential_of_a_signed_url_is_redacted() -> None:
    query = "AWSAccessKeyId=a&Signature=b&sig=c&X-Goog-Signature=d&sig&mysig=e"
    assert redacted_query(query) == (
        "AWSAccessKeyId=REDACTED&Signature=REDACTED&sig=REDACTED&X-Goog-Signature=REDACTED&sig=REDACTED&mysig=e"
    )


def test_the_environment_may_list_the_known_methods() -> None:
    assert "BREW" not in known_methods({})
    assert known_methods({"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS": "GET, BREW"}) == {"GET", "BREW"}


def test_headers_are_lists_by_their_lower_case_name() -> None:
    headers = [(b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3")]
    assert header_attributes("request", headers, [b"x-a"]) == {"http.request.header.x-a": ["1", "3"]}


def test_span_names_are_few() -> None:
    assert span_name({"http.request.method": "_OTHER"}, None) == "HTTP"
    assert span_name({"http.request.method": "_OTHER"}, "/a") == "HTTP /a"
    assert span_name({"http.request.method": "GET"}, None) == "GET"


class OwnError(Exception):
    pass


@pytest.mark.parametrize(
    ("outcome", "error_type"),
    [
        (RequestOutcome(200), None),
        (RequestOutcome(404), None),
        (RequestOutcome(503), "503"),
        (RequestOutcome(500, RuntimeError()), "RuntimeError"),
        (RequestOutcome(None, OwnError()), f"{OwnError.__module__}.OwnError"),
        (RequestOutcome(None, HTTPException(404)), None),
        (RequestOutcome(None, HTTPException(503)), "503"),
        (RequestOutcome(None, ClientDisconnect()), None),
        (RequestOutcome(200, ClientDisconnect()), None),
        (RequestOutcome(101, None, 1000), None),
        (RequestOutcome(101, None, 1011), "1011"),
    ],
)
def test_what_counts_as_an_error_of_this_server(outcome: RequestOutcome, error_type: str | None) -> None:
    assert outcome.error_type == error_type


def test_exclusions_are_searched_for_in_the_path_alone() -> None:
    excluded = ExcludedURLs(["^/health$", "/metrics"])
    assert excluded.excludes_scope({**SCOPE, "path": "/health", "query_string": b"a=1"})
    assert excluded.excludes_scope({**SCOPE, "path": "/a/metrics"})
    assert not ExcludedURLs(" , ").excludes("/")
    for chosen in ({"query_string": b"next=/metrics"}, {"headers": [(b"host", b"metrics")]}):
        assert not ExcludedURLs(["metrics"]).excludes_scope({**SCOPE, "path": "/transfer", **chosen})


def test_exclusions_may_be_searched_for_in_the_whole_url() -> None:
    scope = {**SCOPE, "path": "/x", "query_string": b"q=1", "headers": [(b"host", b"[::1]:81")]}
    assert ExcludedURLs([r"^http://\[::1\]:81/x\?q=1$"], in_whole_url=True).excludes_scope(scope)

    class WholeURLs(OpenTelemetryMiddleware):
        excludes_by_whole_url = True

    assert WholeURLs(lambda *args: None, excluded_urls="q=1").excluded.excludes_scope(scope)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("port", ["7", 7])
def test_a_port_that_a_server_gives_as_text_is_a_number(port: Any) -> None:
    found = request_attributes({**SCOPE, "headers": [], "client": ("192.0.2.1", port), "server": ("b", port)})
    assert (found["network.peer.port"], found["server.port"]) == (7, 7)


@pytest.mark.parametrize("port", ["", "http", "1234567", "٣", None])
def test_what_is_no_port_is_left_out(port: Any) -> None:
    found = request_attributes({**SCOPE, "headers": [], "client": ("192.0.2.1", port), "server": ("b", port)})
    assert not {"network.peer.port", "server.port"} & found.keys()


@pytest.mark.parametrize("option", [{"excluded_urls": 5}, {"tracer_provider": 5}, {"meter_provider": "global"}])
def test_an_option_of_the_wrong_kind_is_rejected_at_construction(option: Any) -> None:
    with pytest.raises(TypeError, match=next(iter(option))):
        OpenTelemetryMiddleware(lambda *args: None, **option)  # type: ignore[arg-type, return-value]


def test_bad_configuration_is_rejected_at_construction() -> None:
    async def app(*args: Any) -> None: ...

    with pytest.raises(ValueError, match=r"excluded_urls: '\[' is no regular expression"):
        OpenTelemetryMiddleware(app, excluded_urls=["["])
    with pytest.raises(ValueError, match="is searched for in the path alone"):
        OpenTelemetryMiddleware(app, excluded_urls=["^http://localhost/"])
    with pytest.raises(TypeError, match="excluded_urls is a list of regular expressions"):
        OpenTelemetryMiddleware(app, excluded_urls=[7])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"request_headers is a list; write \['accept'\]"):
        OpenTelemetryMiddleware(app, request_headers="accept")
    with pytest.raises(ValueError, match="header name"):
        OpenTelemetryMiddleware(app, response_headers=["a b"])

"""Paths of routes, made absolute."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import URL, URLPath


@pytest.mark.parametrize(
    ("path", "base", "expected"),
    [
        (URLPath("/a"), "https://h", "https://h/a"),
        (URLPath("/a"), "https://h/root/?q=1#f", "https://h/root/a"),
        (URLPath("/a", protocol="http"), "wss://h", "https://h/a"),
        (URLPath("/a", protocol="websocket"), "http://h", "ws://h/a"),
        (URLPath("/a", protocol="websocket", host="o:1"), "https://h", "wss://o:1/a"),
        (URLPath("/a b?c#é"), "http://h", "http://h/a%20b%3Fc%23%C3%A9"),
        (URLPath("/a%20b"), "http://h", "http://h/a%20b"),
        (URLPath("//evil.example"), "/", "/%2Fevil.example"),
    ],
)
def test_make_absolute_url(path: URLPath, base: str, expected: str) -> None:
    assert path.make_absolute_url(base) == expected
    assert path.make_absolute_url(URL(base)) == expected


@given(st.text(max_size=20))
def test_no_path_leaves_the_host_of_its_base(path: str) -> None:
    url = URLPath("/" + path).make_absolute_url("https://example.org/app")
    assert (url.hostname, url.query, url.fragment) == ("example.org", "", "")
    assert url.path.startswith("/app/")


def test_the_result_has_the_class_of_the_base() -> None:
    class Own(URL): ...

    assert type(URLPath("/a").make_absolute_url(Own("http://h/"))) is Own


def test_it_is_text_and_survives_a_copy() -> None:
    path = URLPath("/ws", protocol="websocket", host="h")
    assert path == "/ws"
    copied = copy.copy(path)
    assert (copied, copied.protocol, copied.host) == ("/ws", "websocket", "h")


def test_another_protocol_is_rejected() -> None:
    with pytest.raises(ValueError, match="protocol must be"):
        URLPath("/", protocol="ftp")


@pytest.mark.parametrize(
    ("host", "base", "expected"),
    [
        ("api.example.org", "http://www.example.org:8080/", "api.example.org:8080"),
        ("api.example.org", "http://[::1]:8080/", "api.example.org:8080"),
        ("[::1]", "http://www.example.org:8080/", "[::1]:8080"),
        ("api.example.org:3600", "http://www.example.org:8080/", "api.example.org:3600"),
        ("api.example.org", "https://www.example.org/", "api.example.org"),
        ("", "http://www.example.org:8080/", ""),
    ],
)
def test_a_host_without_a_port_takes_that_of_a_url(host: str, base: str, expected: str) -> None:
    path = URLPath("/a", protocol="http", host=host).with_port_of(URL(base))
    assert (path, path.protocol, path.host) == ("/a", "http", expected)

"""A URL made from a scope never disagrees with what was routed, whatever the client sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import URL


def scope(**keys: Any) -> dict[str, Any]:
    base = {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"example.org")],
        "server": ("10.0.0.1", 8000),
    }
    return {**base, **keys}


HOSTILE = st.text(alphabet="/\\@:?#%[]. aé\x00\r\n2Ff", max_size=12)
PATHS = st.one_of(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), HOSTILE)
HOSTS = st.one_of(st.binary(max_size=20), HOSTILE.map(lambda text: text.encode()))


@given(path=PATHS, query=st.binary(max_size=20), hosts=st.lists(HOSTS, max_size=2))
def test_for_any_scope_the_path_is_the_routed_one_and_the_host_is_valid_or_the_servers(
    path: str, query: bytes, hosts: list[bytes]
) -> None:
    url = URL(scope=scope(path=path, query_string=query, headers=[(b"host", host) for host in hosts]))

    routed = path if path.startswith("/") or not path else "/" + path
    assert unquote(url.path, errors="strict") == routed
    valid = {host.decode("latin-1").lower().partition(":")[0].strip("[]") for host in hosts if len(hosts) == 1}
    assert url.hostname == "10.0.0.1" or url.hostname in valid or url.netloc.lower().startswith("[")


@given(path=PATHS, query=st.binary(max_size=20), hosts=st.lists(HOSTS, max_size=2), server=st.booleans())
def test_its_text_splits_into_the_same_parts(path: str, query: bytes, hosts: list[bytes], server: bool) -> None:
    keys: dict[str, Any] = {} if server else {"server": None}
    url = URL(scope=scope(path=path, query_string=query, headers=[(b"host", host) for host in hosts], **keys))

    parts = urlsplit(str(url))
    assert (parts.scheme, parts.netloc, parts.path, parts.query, parts.fragment) == tuple(url.components)
    assert (url.scheme, url.netloc, url.path, url.query, url.fragment) == tuple(url.components)
    assert url.fragment == ""
    assert str(url).isascii()
    assert str(url).isprintable()


@given(raw_path=st.binary(max_size=20), path=PATHS)
def test_a_raw_path_that_does_not_stand_for_the_path_changes_nothing(raw_path: bytes, path: str) -> None:
    assert unquote(URL(scope=scope(path="/" + path, raw_path=raw_path)).path) == "/" + path


def test_an_encoded_slash_of_the_raw_path_stays_one() -> None:
    assert URL(scope=scope(path="/a/b/c", raw_path=b"/a%2Fb/c")).path == "/a%2Fb/c"


def test_a_raw_path_left_behind_by_a_rewritten_path_is_ignored() -> None:
    assert URL(scope=scope(path="/new", raw_path=b"/o%6cd")).path == "/new"


def test_a_percent_sign_in_the_path_is_encoded() -> None:
    assert URL(scope=scope(path="/50%2F")).path == "/50%252F"


@pytest.mark.parametrize(
    "host",
    [
        b"x/?", b"x/#", b"user@x", b"x\\y", b"x y", b"x:65536", b"x:port", b"", b":80", b"[:::]", b"[::1", b"[::1]x",
        b"a,b", b"a%2fb", b"\xe9.example", b"x\r\ny", b"x\0", b"a" * 301,
    ],
)  # fmt: skip
def test_a_malformed_host_header_gives_way_to_the_servers_address(host: bytes) -> None:
    assert str(URL(scope=scope(headers=[(b"host", host)]))) == "http://10.0.0.1:8000/"


def test_a_duplicated_host_header_gives_way_to_the_servers_address() -> None:
    headers = [(b"host", b"example.org"), (b"host", b"evil.example")]
    assert URL(scope=scope(headers=headers)).hostname == "10.0.0.1"
    assert URL(scope=scope(headers=headers[:1] * 2)).hostname == "10.0.0.1"


@pytest.mark.parametrize(
    ("scheme", "server", "expected"),
    [
        ("http", ("10.0.0.1", 80), "http://10.0.0.1/"),
        ("https", ("10.0.0.1", 443), "https://10.0.0.1/"),
        ("wss", ["10.0.0.1", 443], "wss://10.0.0.1/"),
        ("http", ("::1", 8000), "http://[::1]:8000/"),
        ("http", ("/run/app.sock", None), "/"),
        ("http", ("bad/host", 80), "/"),
        ("http", None, "/"),
    ],
)
def test_the_servers_address_is_the_fallback_without_the_default_port(scheme: str, server: Any, expected: str) -> None:
    assert str(URL(scope=scope(scheme=scheme, server=server, headers=[]))) == expected


def test_without_any_host_a_path_cannot_become_one() -> None:
    url = URL(scope=scope(path="//evil.example/a", headers=[], server=None))
    assert (url.netloc, url.path, str(url)) == ("", "/%2Fevil.example/a", "/%2Fevil.example/a")


def test_a_websocket_scope_without_a_scheme_is_ws() -> None:
    assert URL(scope={"type": "websocket", "path": "/", "headers": [(b"host", b"h")]}) == "ws://h/"


def test_a_port_with_any_zeros_a_host_header_may_have_is_read() -> None:
    url = URL(scope=scope(headers=[(b"host", b"x:" + b"0" * 296 + b"80")]))
    assert (url.hostname, url.port) == ("x", 80)


def test_an_empty_port_is_left_out() -> None:
    assert URL(scope=scope(headers=[(b"host", b"example.org:")])) == "http://example.org/"


def test_a_subclass_may_show_paths_otherwise() -> None:
    class Plain(URL):
        @classmethod
        def encode_path(cls, path: str, raw_path: bytes | None) -> str:
            return path

    assert Plain(scope=scope(path="/é")).path == "/é"

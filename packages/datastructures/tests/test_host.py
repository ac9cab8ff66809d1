"""The Host header."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import ParsedHost, parse_host, requested_host


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("example.org", "example.org", None),
        ("Example.ORG:8000", "example.org", 8000),
        ("example.org:", "example.org", None),
        ("example.org:000080", "example.org", 80),
        ("example.org:100000", "example.org", 100000),
        ("my_service-1", "my_service-1", None),
        ("[::1]:443", "[::1]", 443),
        ("[2001:DB8::1]", "[2001:db8::1]", None),
        ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", None),
        ("[v1.foo:bar]", "[v1.foo:bar]", None),
    ],
)
def test_well_formed(value: str, host: str, port: int | None) -> None:
    assert parse_host(value) == ParsedHost(host, port)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([b"Example.org:8000"], ParsedHost("example.org", 8000)),
        ([], None),
        ([b"example.org", b"example.org"], None),
        ([b"example.org/?"], None),
        ([b"\xff"], None),
    ],
)
def test_a_request_names_a_host_by_exactly_one_well_formed_header(
    hosts: list[bytes], expected: ParsedHost | None
) -> None:
    assert requested_host([(b"accept", b"*/*"), *((b"host", host) for host in hosts)]) == expected


@pytest.mark.parametrize(("port", "usable"), [(None, True), (0, False), (1, True), (65535, True), (65536, False)])
def test_a_usable_port_is_one_that_a_server_can_listen_on(port: int | None, usable: bool) -> None:
    assert ParsedHost("example.org", port).has_usable_port is usable


def test_the_hostname_of_an_ip_literal_has_no_brackets() -> None:
    parsed = parse_host("[::1]:80")
    assert parsed is not None
    assert parsed.hostname == "::1"


@pytest.mark.parametrize(
    "value",
    [
        "", ":80", "a/b", "a?b", "a#b", "u@a", "a\\b", "a b", " a", "a\t", "a,b", "a%41", "a;b", "é", "a:b", "a:1:2",
        "a:+1", "a:٣", "[", "[]", "[::1", "::1", "[:::]", "[::1]a", "[::1%25eth0]", "[::ffff:999.9.9.9]", "[V1.foo]",
        "[v1.]", "[v.a]", "[vg.a]", "a\0", "a\r\n", "a" * 301,
    ],
)  # fmt: skip
def test_malformed(value: str) -> None:
    assert parse_host(value) is None


@given(st.text(alphabet="aA.-_:[]1fv%/@ \n", max_size=12))
def test_what_is_accepted_holds_no_delimiter(value: str) -> None:
    parsed = parse_host(value)
    if parsed is not None:
        assert not set(value) & set("/?#@\\ \t\r\n\0%,;")
        assert value.lower().startswith(parsed.host)
        assert (parsed.port or 0) == int(value[len(parsed.host) + 1 :] or 0)

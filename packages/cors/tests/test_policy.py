"""`AllowedOrigins` and `CORSPolicy`: decisions without an event loop."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.cors import AllowedOrigins, CORSMiddleware, CORSPolicy, Preflight

ALLOWED = ["https://example.com", "http://localhost:3000", "https://Shop.Test:443"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://example.com", True),
        ("http://localhost:3000", True),
        ("https://shop.test", True),
        ("http://example.com", False),
        ("https://example.com:8443", False),
        ("https://example.com.evil.test", False),
        ("https://evil.test/https://example.com", False),
        ("https://sub.example.com", False),
        ("https://example.com@evil.test", False),
        ("https://examplexcom", False),
        ("HTTPS://EXAMPLE.COM", False),
        ("null", False),
        ("", False),
        ("*", False),
    ],
)
def test_only_the_exact_origin_is_allowed(origin: str, allowed: bool) -> None:
    assert AllowedOrigins(ALLOWED).allow(origin) is allowed


def test_null_is_allowed_only_if_it_is_named() -> None:
    assert AllowedOrigins(["null"]).allow("null")
    assert AllowedOrigins(["*"]).allow("null")
    assert not AllowedOrigins(["https://example.com"]).allow("null")


def test_a_regex_that_matches_anything_does_not_name_null() -> None:
    """Sandboxed frames of every site and local files send the same origin."""
    assert not AllowedOrigins([], ".*").allow("null")
    assert not AllowedOrigins([], r"null|https://a\.test").allow("null")
    assert AllowedOrigins(["null"], ".*").allow("null")


@pytest.mark.parametrize("origin", ["https://a\rb", "https://a\nb", "https://a\0b", "https://a b", "https://a\x85b"])
def test_no_regex_allows_what_cannot_be_sent_in_a_header(origin: str) -> None:
    assert not AllowedOrigins([], r"[\s\S]*").allow(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://1f8a-22",
        "web+app://host",
        "http://[::1]:3000",
        "capacitor://localhost",
    ],
)
def test_origins_of_every_scheme_can_be_named(origin: str) -> None:
    assert AllowedOrigins([origin]).allow(origin)


@pytest.mark.parametrize("suffix", [".evil.test", "/", ":1", "\n", " "])
def test_a_regex_matches_the_whole_origin(suffix: str) -> None:
    origins = AllowedOrigins([], r"https://[a-z]+\.example\.com")
    assert origins.allow("https://api.example.com")
    assert not origins.allow("https://api.example.com" + suffix)
    assert not origins.allow("x" + "https://api.example.com")


@given(st.text(max_size=40))
def test_nothing_else_is_ever_allowed(origin: str) -> None:
    assert AllowedOrigins(ALLOWED).allow(origin) is (
        origin in {"https://example.com", "http://localhost:3000", "https://shop.test"}
    )


def respond(policy: CORSPolicy, *args: Any) -> tuple[int, str, dict[str, str]]:
    response = policy.preflight_response(Preflight(*args))
    return response.status, response.sentence, {name.decode(): value.decode() for name, value in response.headers}


def test_an_allowed_preflight_says_what_is_allowed_and_for_how_long() -> None:
    policy = CORSPolicy(AllowedOrigins(ALLOWED), ["GET", "PUT"], ["X-Token"], True, max_age=60)
    assert respond(policy, "https://example.com", "PUT", "x-token, Content-Type") == (
        200,
        "OK",
        {
            "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
            "Access-Control-Request-Private-Network",
            "access-control-allow-origin": "https://example.com",
            "access-control-allow-methods": "GET, PUT",
            "access-control-max-age": "60",
            "access-control-allow-credentials": "true",
            "access-control-allow-headers": "Accept, Accept-Language, Content-Language, Content-Type, X-Token",
        },
    )


@pytest.mark.parametrize(
    ("preflight", "sentence"),
    [
        (("https://evil.test", "GET"), "Disallowed CORS origin"),
        (("https://example.com", "PATCH"), "Disallowed CORS method"),
        (("https://example.com", "get"), "Disallowed CORS method"),
        (("https://example.com", "GET", "x-other"), "Disallowed CORS headers"),
        (("https://example.com", "GET", None, True), "Disallowed CORS private-network"),
        (("https://evil.test", "PATCH", "x-other", True), "Disallowed CORS origin, method, headers, private-network"),
    ],
)
def test_a_disallowed_preflight_says_why(preflight: Any, sentence: str) -> None:
    status, text, headers = respond(CORSPolicy(AllowedOrigins(ALLOWED)), *preflight)
    assert (status, text) == (400, sentence)
    assert "access-control-allow-methods" not in headers
    assert ("access-control-allow-origin" in headers) is (preflight[0] != "https://evil.test")


def test_a_private_network_is_reached_only_if_allowed() -> None:
    policy = CORSPolicy(AllowedOrigins(["*"]), allow_private_network=True)
    assert respond(policy, "https://a.test", "GET", None, True)[2]["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in respond(policy, "https://a.test", "GET")[2]


def test_any_header_is_echoed_as_requested() -> None:
    policy = CORSPolicy(AllowedOrigins(["*"]), allow_headers=["*"])
    assert respond(policy, "https://a.test", "GET", "X-A, x-b")[2]["access-control-allow-headers"] == "X-A, x-b"


def test_all_origins_without_credentials_get_a_star() -> None:
    assert CORSPolicy(AllowedOrigins(["*"])).response_headers("https://a.test") == [
        (b"access-control-allow-origin", b"*")
    ]


@pytest.mark.parametrize("requested", ["", " ", ",", "x-token,,", ", X-Token ,"])
def test_empty_items_of_the_list_of_headers_ask_for_nothing(requested: str) -> None:
    policy = CORSPolicy(AllowedOrigins(["*"]), allow_headers=["X-Token"])
    assert respond(policy, "https://a.test", "GET", requested)[0] == 200


@pytest.mark.parametrize("requested", ["x\r\nset-cookie: a=b", "x\0", "x y", "x, y\n"])
def test_an_invalid_header_name_is_never_echoed(requested: str) -> None:
    policy = CORSPolicy(AllowedOrigins(["*"]), allow_headers=["*"])
    status, sentence, headers = respond(policy, "https://a.test", "GET", requested)
    assert (status, sentence) == (400, "Disallowed CORS headers")
    assert "access-control-allow-headers" not in headers


@given(st.text(max_size=60) | st.lists(st.text(max_size=10), max_size=5).map(",".join))
def test_no_list_of_headers_breaks_out_of_the_response(requested: str) -> None:
    requested = "".join(character for character in requested if ord(character) < 256)
    for allowed in (["*"], ["X-Token"]):
        policy = CORSPolicy(AllowedOrigins(["*"]), allow_headers=allowed)
        for value in respond(policy, "https://a.test", "GET", requested)[2].values():
            assert not set(value) & set("\r\n\0")


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"allow_origins": ["https://bücher.test"]}, ValueError, "xn--"),
        ({"allow_origins": ["https://a.test;b"]}, ValueError, "is not an origin"),
        ({"allow_origins": ["https://a.test\\b"]}, ValueError, "is not an origin"),
        ({"allow_origins": ["3d://a.test"]}, ValueError, "is not an origin"),
        ({"allow_origins": [b"https://a.test"]}, TypeError, "allow_origins: b'https://a.test' is not text"),
        ({"allow_origin_regex": b".*"}, TypeError, "allow_origin_regex is text"),
        ({"max_age": "600"}, TypeError, "max_age is a number of seconds"),
        ({"max_age": 1.5}, TypeError, "max_age is a number of seconds"),
        ({"allow_origins": ["*"], "allow_credentials": True}, ValueError, "lets every site act as the user"),
        ({"allow_origins": "https://a.test"}, TypeError, "allow_origins is a list of origins"),
        ({"allow_origins": ["https://a.test/"]}, ValueError, "is not an origin"),
        ({"allow_origins": ["a.test"]}, ValueError, "is not an origin"),
        ({"allow_origins": ["https://*.a.test"]}, ValueError, "use allow_origin_regex for patterns"),
        ({"allow_origin_regex": "("}, ValueError, "is not a regular expression"),
        ({"allow_methods": "GET"}, TypeError, "allow_methods is a list"),
        ({"allow_headers": ["X-A\r\nX-B"]}, ValueError, "cannot be the name of a header"),
        ({"expose_headers": ["X-A, X-B"]}, ValueError, "cannot be the name of a header"),
    ],
)
def test_a_wrong_option_is_rejected_at_construction(options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        CORSMiddleware(lambda *args: None, **options)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)


@pytest.mark.parametrize(
    "regex",
    [
        ".*",
        "https?://.*",
        r"https://.+\.com",
        r"https://[a-z0-9.-]+",
        r"http://\w+\.org",
        r"https://[a-z]+\.com",
        r"https://[a-z-]+\.example\.com|https://[a-z]+-[a-z]+\.de",
        r"https://\w+\.travel",
        r"https://[a-z]{3}\.net",
        r"https://www\.[a-z]+\.org",
        r"https://.*:8443",
        r"https://[a-z0-9]+\.github\.io",
        r"https://[a-z-]+\.azurewebsites\.net",
        r"https://.{5}\.com",
        r"https://[a-z]{6}\.com",
        r"https://\d+\.com",
        r"https://.*example\.com",
        r"https://\S+-?example\.co",
        r"https://example\.com.*",
        r"https://\w+-preview\.example\.com.*",
        r"http://192\.168\..*",
        r"http://192.168.*",
        r"https://www.example\.com",
        r"https://localhost.*",
        r"http://localhost:?.*",
        r"https://.*localhost.*",
        r"https://preview-\w+\.com",
    ],
)
def test_a_regex_that_matches_strangers_is_rejected_together_with_credentials(regex: str) -> None:
    with pytest.raises(ValueError, match="lets every site act as the user"):
        CORSPolicy(AllowedOrigins([], regex), allow_credentials=True)
    CORSPolicy(AllowedOrigins([], regex))


@pytest.mark.parametrize(
    "regex",
    [
        r"https://[a-z0-9-]+\.example\.com",
        r"http://localhost(:\d+)?",
        r"https://(a|b)\.com",
        r"https://\w+\.corp",
        r"https://shop-\w+\.vercel\.app",
        r"https://(.*\.)?example\.com",
        r"https://(\w+\.)*shop\.example\.co\.uk(:\d+)?",
        r"https://example.com",
        r"http://192\.168\.\d+\.\d+",
        r"https?://(www\.)?(a|b)\.example\.com",
        r"http://.*pc\.local",
        r"http://localhost:\d+",
        r"https?://(localhost|127\.0\.0\.1)(:[0-9]+)?",
    ],
)
def test_a_regex_that_names_its_hosts_may_have_credentials(regex: str) -> None:
    CORSPolicy(AllowedOrigins([], regex), allow_credentials=True)


def test_hosts_of_one_letter_may_be_named_whichever_letters_they_are() -> None:
    for first, second in product("aeimrsz", "bdfjkopx"):
        CORSPolicy(AllowedOrigins([], rf"https://({first}|{second})\.com"), allow_credentials=True)


@pytest.mark.parametrize("regex", [r"https://[a-m]\.com", r"https://[a-f][0-9a-f]?\.net", r"https://[n-z]{2}\.org"])
def test_a_regex_is_always_decided_alike(regex: str) -> None:
    assert len({AllowedOrigins([], regex).allows_foreign for _ in range(20)}) == 1


def test_a_subclass_may_allow_strangers_together_with_credentials() -> None:
    class Open(CORSPolicy):
        allows_any_origin_with_credentials = True

    policy = Open(AllowedOrigins([], ".*"), allow_credentials=True)
    assert (b"access-control-allow-origin", b"https://x.test") in policy.response_headers("https://x.test")

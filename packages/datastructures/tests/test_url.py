"""URLs from text: their parts, and what replacing a part gives."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import URL


def test_parts() -> None:
    url = URL("HTTPS://user:pass@Example.org:8443/a/b?c=d#e")
    assert (url.scheme, url.username, url.password) == ("https", "user", "pass")
    assert (url.hostname, url.port, url.netloc) == ("example.org", 8443, "user:pass@Example.org:8443")
    assert (url.path, url.query, url.fragment, url.is_secure) == ("/a/b", "c=d", "e", True)


def test_parts_of_a_relative_url() -> None:
    url = URL("/a?b")
    assert (url.scheme, url.netloc, url.hostname, url.port, url.username) == ("", "", None, None, None)


@pytest.mark.parametrize(("text", "port"), [("http://h", None), ("http://h:", None), ("http://h:0080", 80)])
def test_port(text: str, port: int | None) -> None:
    assert URL(text).port == port


@pytest.mark.parametrize("port", ["65536", "x", "-1", "٣", "9" * 5000])
def test_a_port_that_is_none_raises(port: str) -> None:
    with pytest.raises(ValueError, match="0 to 65535"):
        _ = URL(f"http://h:{port}/").port


@pytest.mark.parametrize(
    ("text", "components", "expected"),
    [
        ("http://h/a?b#c", {"scheme": "https"}, "https://h/a?b#c"),
        ("http://h:80/a", {"port": None}, "http://h/a"),
        ("http://h/a", {"port": 8000, "hostname": "::1"}, "http://[::1]:8000/a"),
        ("http://h/a", {"netloc": "i:9", "path": "b"}, "http://i:9/b"),
        ("http://h/a", {"netloc": "i:9", "port": 1}, "http://i:1/a"),
        ("http://u:p@h/", {"username": None, "password": None}, "http://h/"),
        ("http://u@h/", {"password": "p"}, "http://u:p@h/"),
        ("http://h/?a#b", {"query": "", "fragment": ""}, "http://h/"),
        ("/a", {"path": "//evil.example"}, "/%2Fevil.example"),
        ("mailto:a@b", {"path": "c@d"}, "mailto:c@d"),
    ],
)
def test_replace(text: str, components: dict[str, Any], expected: str) -> None:
    assert str(URL(text).replace(**components)) == expected
    assert str(URL(text)) == text


def test_a_user_name_cannot_move_the_host() -> None:
    url = URL("http://example.org/").replace(username="evil.example/", password="a@b:c")
    assert url.hostname == "example.org"
    assert url == "http://evil.example%2F:a%40b%3Ac@example.org/"


@pytest.mark.parametrize("host", ["a/b", "a?b", "a#b", "user@a", "a\\b", "a b", "a\r\nb", "a\0b"])
def test_a_hostname_that_would_end_the_authority_is_rejected(host: str) -> None:
    with pytest.raises(ValueError, match="invalid host"):
        URL("http://h/").replace(hostname=host)


def test_an_unknown_component_is_rejected() -> None:
    with pytest.raises(TypeError, match="no component 'host'"):
        URL("http://h/").replace(host="x")
    with pytest.raises(TypeError, match="not both"):
        URL("http://h/", scope={"path": "/"})


def test_url_from_components() -> None:
    assert URL(scheme="http", netloc="h:1", path="/a") == "http://h:1/a"


def test_query_parameters() -> None:
    url = URL("https://h/?page=1&tag=a&tag=b#top")
    assert url.include_query_params(page=2) == "https://h/?tag=a&tag=b&page=2#top"
    assert url.replace_query_params(q="a b&c") == "https://h/?q=a+b%26c#top"
    assert url.remove_query_params("tag") == "https://h/?page=1#top"
    assert url.remove_query_params(["tag", "page", "absent"]) == "https://h/#top"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://u:secret@h/", "URL('http://u:********@h/')"),
        ("http://u@h/", "URL('http://u@h/')"),
        ("/a@b:c", "URL('/a@b:c')"),
        ("http://u:secret@[::", "URL('********@[::')"),
    ],
)
def test_its_repr_hides_the_password(text: str, shown: str) -> None:
    assert repr(URL(text)) == shown


def test_a_subclass_keeps_its_class() -> None:
    class Own(URL): ...

    assert type(Own("http://h/").replace(path="/a").include_query_params(b=1)) is Own


def test_equal_as_text_and_usable_as_a_key() -> None:
    assert URL("http://h/") == "http://h/"
    assert URL("http://h/") != "http://h/a"
    assert {URL("http://h/"): 1}["http://h/"] == 1  # type: ignore[index]
    assert pickle.loads(pickle.dumps(URL("http://h/"))) == URL("http://h/")  # noqa: S301


@given(st.text(max_size=30))
def test_no_text_breaks_its_repr(text: str) -> None:
    assert repr(URL("http://" + text)).startswith("URL(")

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import parse_cookies
from armillary.http import Response


def cookie(*args: Any, **kwargs: Any) -> str:
    response = Response()
    response.set_cookie(*args, **kwargs)
    return response.headers["set-cookie"]


def test_every_attribute_is_sent_in_a_fixed_order() -> None:
    header = cookie(
        "id",
        "v",
        max_age=10,
        expires=datetime(2037, 1, 22, 12, 0, 10, tzinfo=UTC),
        path="/app",
        domain="example.org",
        secure=True,
        httponly=True,
        samesite="none",
        partitioned=True,
    )
    assert header == (
        "id=v; Domain=example.org; expires=Thu, 22 Jan 2037 12:00:10 GMT; HttpOnly; Max-Age=10; "
        "Partitioned; Path=/app; SameSite=none; Secure"
    )


def test_defaults_and_absent_attributes() -> None:
    assert cookie("id", "v") == "id=v; Path=/; SameSite=lax"
    assert cookie("id", "v", path=None, samesite=None) == "id=v"


def test_each_cookie_is_a_header_of_its_own() -> None:
    response = Response()
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    assert response.headers.getlist("set-cookie") == ["a=1; Path=/; SameSite=lax", "b=2; Path=/; SameSite=lax"]


@pytest.mark.parametrize("bad", ["", "a=b", "a;b", "a b", "a,b", "é", "a\r\nb", 'a"', "a\0"])
def test_a_name_must_be_a_token(bad: str) -> None:
    with pytest.raises(ValueError, match="is not a token"):
        cookie(bad, "v")


@pytest.mark.parametrize("bad", ["a\r\nset-cookie: b=1", "a\nb", "a\rb", "a\0b", "a\x7fb", "a\tb", "☃"])
def test_control_and_wide_characters_in_a_value_are_rejected(bad: str) -> None:
    with pytest.raises(ValueError, match="its value contains"):
        cookie("id", bad)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")))
def test_any_other_value_survives_the_way_there_and_back(value: str) -> None:
    pair = cookie("id", value, path=None, samesite=None)
    assert not set(pair) & set(";\r\n\0")
    assert parse_cookies(pair)["id"] == value
    if all(ord(character) < 127 for character in value):
        assert SimpleCookie(pair)["id"].value == value


@pytest.mark.parametrize("bad", ["/; Secure", "/;Domain=evil.example", "/\r\nx: y", "/\0", "/é", "relative"])
def test_attribute_injection_by_path_is_rejected(bad: str) -> None:
    with pytest.raises(ValueError, match="path="):
        cookie("id", "v", path=bad)


@pytest.mark.parametrize(
    "bad", ["a.org; Secure", "a.org;Path=/x", "a.org\r\nx: y", "a..org", "bücher.example", "a b", "."]
)
def test_attribute_injection_by_domain_is_rejected(bad: str) -> None:
    with pytest.raises(ValueError, match="domain="):
        cookie("id", "v", domain=bad)


@pytest.mark.parametrize("bad", [3600.0, timedelta(hours=1), b"x"])
def test_an_expiry_of_another_type_is_named(bad: Any) -> None:
    with pytest.raises(TypeError, match=r"cookie 'id': expires=.* must be an aware datetime"):
        cookie("id", "v", expires=bad)


@pytest.mark.parametrize("bad", ["lax; Secure", "Lax\r\n", "everywhere", ""])
def test_same_site_is_one_of_three_words(bad: Any) -> None:
    with pytest.raises(ValueError, match="samesite="):
        cookie("id", "v", samesite=bad)


@pytest.mark.parametrize("bad", ["10", 1.5, True, "10; Secure"])
def test_max_age_is_a_whole_number(bad: Any) -> None:
    with pytest.raises(ValueError, match="max_age="):
        cookie("id", "v", max_age=bad)


@pytest.mark.parametrize("bad", ["tomorrow", "Thu, 22 Jan 2037 12:00:10 GMT; Secure", "x\r\n", datetime(2037, 1, 1)])
def test_expires_is_a_date_with_a_time_zone(bad: Any) -> None:
    with pytest.raises(ValueError, match="expires="):
        cookie("id", "v", expires=bad)


def test_expires_in_another_time_zone_is_converted() -> None:
    moment = datetime(2037, 1, 22, 14, 0, 10, tzinfo=timezone(timedelta(hours=2)))
    assert "expires=Thu, 22 Jan 2037 12:00:10 GMT" in cookie("id", "v", expires=moment)


def test_expires_in_seconds_counts_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 784111767.0)
    assert "expires=Sun, 06 Nov 1994 08:49:37 GMT" in cookie("id", "v", expires=10)


@pytest.mark.parametrize(
    "attributes",
    [{}, {"secure": True, "path": "/app"}, {"secure": True, "domain": "example.org"}, {"secure": True, "path": None}],
)
@pytest.mark.parametrize("name", ["__Host-id", "__host-id", "__HOST-id"])
def test_the_host_prefix_demands_secure_and_root_path_and_no_domain(name: str, attributes: Any) -> None:
    with pytest.raises(ValueError, match="__Host- demands"):
        cookie(name, "v", **attributes)
    assert cookie(name, "v", secure=True).startswith(name)


def test_the_secure_prefix_demands_secure() -> None:
    with pytest.raises(ValueError, match="__Secure- demands"):
        cookie("__Secure-id", "v")
    assert cookie("__Secure-id", "v", secure=True, domain="example.org", path="/a")


@pytest.mark.parametrize("attributes", [{"samesite": "none"}, {"partitioned": True}])
def test_what_browsers_drop_without_secure_is_rejected(attributes: Any) -> None:
    with pytest.raises(ValueError, match="secure=True"):
        cookie("id", "v", **attributes)
    assert cookie("id", "v", secure=True, **attributes)


def test_a_cookie_browsers_would_not_keep_is_rejected() -> None:
    assert cookie("id", "x" * 4094)
    with pytest.raises(ValueError, match="4097 bytes"):
        cookie("id", "x" * 4095)


def test_deleting_expires_the_cookie_with_its_attributes() -> None:
    response = Response()
    response.delete_cookie("__Host-id", secure=True, httponly=True, samesite="none", partitioned=True)
    header = response.headers["set-cookie"]
    assert header.startswith("__Host-id=; expires=")
    assert "; HttpOnly; Max-Age=0; Partitioned; Path=/; SameSite=none; Secure" in header


class Lenient(Response):
    strict_cookies = False


@pytest.mark.parametrize(
    ("attributes", "sent"),
    [
        ({"samesite": "none"}, "id=v; Path=/; SameSite=none"),
        ({"key": "__Host-id"}, "__Host-id=v; Path=/; SameSite=lax"),
        ({"value": 5}, "id=5; Path=/; SameSite=lax"),
        ({"max_age": 1.5}, "id=v; Max-Age=1.5; Path=/; SameSite=lax"),
        ({"domain": "localhost:80"}, "id=v; Domain=localhost:80; Path=/; SameSite=lax"),
        ({"path": "relative"}, "id=v; Path=relative; SameSite=lax"),
        ({"expires": "tomorrow"}, "id=v; expires=tomorrow; Path=/; SameSite=lax"),
    ],
)
def test_when_it_is_not_strict_what_is_only_useless_is_sent(attributes: Any, sent: str) -> None:
    response = Lenient()
    response.set_cookie(**{"key": "id", "value": "v", **attributes})
    assert response.headers["set-cookie"] == sent
    with pytest.raises((ValueError, TypeError)):
        Response().set_cookie(**{"key": "id", "value": "v", **attributes})


@pytest.mark.parametrize("name", ["value", "max_age", "expires", "path", "domain", "samesite"])
def test_when_it_is_not_strict_nothing_can_be_injected_either(name: str) -> None:
    for bad in ("x\r\nset-cookie: a=b", "x; Secure", "x\0"):
        response = Lenient()
        if name == "value" and bad == "x; Secure":
            response.set_cookie("id", bad)
            assert response.headers["set-cookie"] == 'id="x\\073 Secure"; Path=/; SameSite=lax'
            continue
        with pytest.raises(ValueError):
            response.set_cookie(**{"key": "id", "value": "v", name: bad})  # type: ignore[arg-type]


def test_nothing_is_sent_for_a_rejected_cookie() -> None:
    response = Response()
    with pytest.raises(ValueError):
        response.set_cookie("id", "v", path="/;")
    assert "set-cookie" not in response.headers

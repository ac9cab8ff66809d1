"""Routers that match the path before percent-decoding."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, strategies as st

from armillary.routing import Mount, Route, Router


def raw(path: str, **keys: Any) -> dict[str, Any]:
    return {"path": unquote(path), "raw_path": path.encode(), **keys}


def test_an_encoded_slash_can_be_inside_a_parameter(driver: Any) -> None:
    routes = [Route("/files/{name}/{part}", driver.endpoint("file"), name="file")]
    router = Router(routes, raw_path=True)
    for path in ("/files/a%2Fb/c", "/files/a%2fb/c"):
        keys = raw(path)
        assert driver.received(router, keys.pop("path"), **keys)[1]["path_params"] == {"name": "a/b", "part": "c"}
    keys = raw("/files/a%2Fb/c")
    assert driver.get(Router(routes), keys.pop("path"), **keys).status == 404


def test_below_a_mount_root_path_is_decoded(driver: Any) -> None:
    inner = Router([Route("/{x}", driver.endpoint("in"), name="in")], raw_path=True)
    router = Router([Mount("/{t}", inner, name="m")], raw_path=True)
    keys = raw("/a%2Fb/c%2Fd")
    _, scope = driver.received(router, keys.pop("path"), **keys)
    assert scope["path_params"] == {"t": "a/b", "x": "c/d"}
    assert scope["root_path"] == "/a/b"
    assert router.url_path_for("m:in", t="a/b", x="c/d") == "/a%2Fb/c%2Fd"


@pytest.mark.parametrize("raw_path", [None, b"/files/other", b"/files/x%2Fz"])
def test_a_raw_path_that_is_not_that_of_the_path_is_ignored(driver: Any, raw_path: bytes | None) -> None:
    router = Router([Route("/files/{name}", driver.endpoint("file"))], raw_path=True)
    assert driver.received(router, "/files/x", raw_path=raw_path)[1]["path_params"] == {"name": "x"}


def test_a_raw_path_may_carry_a_query(driver: Any) -> None:
    router = Router([Route("/{name}", driver.endpoint("file"))], raw_path=True)
    scope = driver.http_scope("/a/b", raw_path=b"/a%2Fb?c%2Fd")
    router.select(scope)
    assert scope["path_params"] == {"name": "a/b"}


@given(
    st.text(min_size=1).filter(lambda text: text.isprintable() and text not in (".", "..")),
    st.text(min_size=1, alphabet="a/%?é "),
)
def test_reversing_is_the_inverse_of_matching(first: str, second: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    router = Router([Route("/x/{a}/{b}", app_of(app), name="x")], raw_path=True)
    url = router.url_path_for("x", a=first, b=second)
    scope = {"type": "http", "method": "GET", "headers": [], "path": unquote(url), "raw_path": url.encode("ascii")}
    router.select(scope)
    assert scope["path_params"] == {"a": first, "b": second}
    assert quote(unquote(url), safe="/:@!$&'()*+,;=~").count("/") >= url.count("/")


def app_of(function: Any) -> Any:
    class App:
        __call__ = staticmethod(function)

    return App()

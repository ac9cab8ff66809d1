"""What a router says about its own table."""

from __future__ import annotations

import re
from typing import Any

import pytest

from armillary.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute


def kinds(*routes: BaseRoute) -> list[str]:
    return [finding.kind for finding in Router(routes).explain() if finding.kind != "duplicate name"]


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("/a", "/a", "unreachable"),
        ("/{x}", "/a", "unreachable"),
        ("/{x}", "/{y:int}", "unreachable"),
        ("/{x:path}", "/a/b", "unreachable"),
        ("/a/{x:path}", "/a/{y:path}", "unreachable"),
        ("/{x}/a", "/a/{x}", "overlap"),
        ("/{x:int}", "/{y:path}", None),
        ("/{x}", "/{y:path}", None),
        ("/a", "/{x}", None),
        ("/a", "/b", None),
        ("/{x:int}", "/a", None),
        ("/a/{x:path}", "/a", None),
        ("/{x:regex([a-z]*)}", "/{y}", "overlap"),
        ("/x/{a:path}", "/{b}/y", "overlap"),
        ("/x{a:regex(b|c)}", "/c", None),
        ("/x{a:regex(b|c)}", "/xc", "unreachable"),
        ("/{a:regex(b|c)}x", "/b", None),
        ("/c", "/x{a:regex(b|c)}", None),
        ("/{a:regex(b|c)}", "/c", "unreachable"),
        ("/{a:int}", "/7", "unreachable"),
        ("/{a:int(max=5)}", "/7", None),
        ("/7", "/{a:int(max=5)}", None),
        ("/{a:date}/x", "/2026-02-31/{b}", None),
        ("/{a:date}/x", "/2026-02-28/{b}", "overlap"),
        ("/x/{a:regex(.|/)}", "/x/{b:regex(.|/)}", "unreachable"),
    ],
)
def test_paths(driver: Any, first: str, second: str, kind: str | None) -> None:
    app = driver.endpoint()
    assert kinds(Route(first, app), Route(second, app)) == ([] if kind is None else [kind])


def test_methods_and_protocols_count(driver: Any) -> None:
    app = driver.endpoint()
    assert kinds(Route("/a", app, methods=["GET"]), Route("/a", app, methods=["POST"])) == []
    assert kinds(Route("/a", app, methods=["GET"]), Route("/a", app, methods=["GET", "POST"])) == []
    both = [Route("/a", app, methods=["GET"]), Route("/a", app, methods=["POST"])]
    assert kinds(*both, Route("/a", app, methods=["HEAD", "POST"])) == ["unreachable"]
    assert kinds(Route("/a", app), WebSocketRoute("/a", app)) == []
    assert kinds(Mount("/a", app), Route("/a/b", app), WebSocketRoute("/a/b", app)) == ["unreachable", "unreachable"]
    assert kinds(Host("a.org", app), Route("/a", app)) == []


def test_a_route_of_both_protocols_is_unreachable_if_both_are_taken(driver: Any) -> None:
    app, both = driver.endpoint(), driver.endpoint()
    both.serves_websockets = True
    assert kinds(Route("/a", both), WebSocketRoute("/a", app)) == ["unreachable"]
    assert kinds(Route("/a", both, methods=["GET"]), WebSocketRoute("/a", app)) == ["unreachable"]
    assert kinds(Route("/a", app), Route("/a", both)) == []
    assert kinds(WebSocketRoute("/a", app), Route("/a", both)) == []
    assert kinds(Route("/a", app), WebSocketRoute("/a", app), Route("/a", both)) == ["unreachable"]
    assert kinds(Route("/a", both), Route("/a", both)) == ["unreachable"]


def test_names_and_self_deciding_routes_are_reported_below_mounts_too(driver: Any) -> None:
    app = driver.endpoint()
    own = Route("/own", app, name="own")
    own.path_regex = re.compile("/own$")
    router = Router(
        [Mount("/m", routes=[Route("/a", app, name="n"), Route("/b", app, name="n"), own])],
    )
    found = router.explain()
    assert [(finding.kind, finding.where) for finding in found] == [
        ("duplicate name", "/m"),
        ("asked for every path", "/m"),
    ]
    assert "below /m has the name of the earlier" in str(found)
    assert "asked on every request" in str(found)
    assert found.of_kind("overlap") == []


@pytest.mark.parametrize("methods", [["GET"], ["POST"], ["GET", "POST"]])
def test_a_get_that_takes_a_body_is_reported(methods: list[str]) -> None:
    async def find(star: dict[str, int]) -> int: ...

    async def find_any(star: dict[str, int] | None = None) -> int: ...

    reported = kinds(Route("/", find, methods=methods), Route("/any", find_any, methods=methods))
    assert reported == (["body of a GET"] if methods == ["GET"] else [])


def test_two_routes_of_one_path_may_share_a_name(driver: Any) -> None:
    app = driver.endpoint()
    assert not Router(
        [Route("/", app, methods=["GET"], name="n"), Route("/", app, methods=["POST"], name="n")]
    ).explain()


def test_a_clean_table_is_said_to_be_one(driver: Any) -> None:
    found = Router([Route("/a", driver.endpoint())]).explain()
    assert not found
    assert str(found) == "Every route is reachable and no two overlap."


def test_an_unreachable_route_is_said_to_be_one(driver: Any) -> None:
    found = Router([Route("/{x}", driver.endpoint()), Route("/me", driver.endpoint(), name="me")]).explain()
    assert "Route(path='/me', name='me', methods=[]) is never reached" in str(found)

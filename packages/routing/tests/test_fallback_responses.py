"""The responses of routing itself: 404, 405, OPTIONS, slash redirects."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import HTTPException
from armillary.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute


def test_404_is_a_problem_and_raises_nothing(driver: Any) -> None:
    response = driver.get(Router([]), "/none")
    assert (response.status, response.sentence) == (404, "Not Found")
    assert response.headers["content-length"] == str(len(response.body))


def test_404_is_plain_text_for_a_browser_and_for_those_whose_policy_it_is(driver: Any) -> None:
    response = driver.get(Router([]), "/none", headers=[(b"accept", b"text/html,*/*;q=0.8")])
    assert (response.text, response.headers["vary"]) == ("Not Found", "Accept")

    class PlainRouter(Router):
        errors_as_text = True

    response = driver.get(PlainRouter([]), "/none")
    assert (response.text, "vary" in response.headers) == ("Not Found", False)


def test_404_to_head_has_no_body(driver: Any) -> None:
    assert driver.get(Router([]), "/none", "HEAD").body == b""


def test_404_and_405_are_raised_for_exception_handlers(driver: Any) -> None:
    router = Router([Route("/a", driver.endpoint(), methods=["GET"])])
    record = {"exception_handlers": {404: print}}
    with pytest.raises(HTTPException) as missing:
        driver.get(router, "/none", armillary=dict(record))
    assert missing.value.status_code == 404
    with pytest.raises(HTTPException) as rejected:
        driver.get(router, "/a", "POST", armillary=dict(record))
    assert rejected.value.headers == {"Allow": "GET, HEAD"}


def test_a_websocket_without_a_route_is_rejected_with_a_404_if_the_server_can(driver: Any) -> None:
    class PlainRouter(Router):
        errors_as_text = True

    able = {"extensions": {"websocket.http.response": {}}}
    for routes in ([Route("/a", driver.endpoint())], [Mount("/a", routes=[Route("/b", driver.endpoint())])]):
        start, body = driver.run(driver.call(Router(routes), driver.websocket_scope("/a", **able)))
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
        assert body == {"type": "websocket.http.response.body", "body": b"Not Found"}
        response = driver.run(driver.call(Router(routes), driver.websocket_scope("/a")))
        assert response == [{"type": "websocket.close", "code": 1000, "reason": "Not Found"}]
    for keys in (able, {}):  # as the policy of Starlette is
        response = driver.run(driver.call(PlainRouter([]), driver.websocket_scope("/a", **keys)))
        assert response == [{"type": "websocket.close", "code": 1000, "reason": ""}]


def test_a_default_application_handles_what_no_route_matches(driver: Any) -> None:
    router = Router([], default=driver.endpoint("default"))
    assert driver.get(router, "/any").status == 200


def test_an_unknown_scope_type_is_rejected(driver: Any) -> None:
    with pytest.raises(RuntimeError, match="http, websocket and lifespan"):
        Router([]).select({"type": "telnet", "path": "/"})


def test_allow_is_the_union_over_the_routes_of_a_path(driver: Any) -> None:
    router = Router(
        [
            Route("/func", driver.endpoint(), methods=["GET"]),
            Route("/func", driver.endpoint(), methods=["POST"]),
            Route("/{name}", driver.endpoint(), methods=["DELETE"]),
            WebSocketRoute("/func", driver.endpoint()),
        ]
    )
    response = driver.get(router, "/func", "PUT")
    assert (response.status, response.sentence) == (405, "Method Not Allowed")
    assert response.headers["allow"] == "DELETE, GET, HEAD, POST"


@pytest.mark.parametrize("path", ["*", "name", ""])
def test_a_target_that_is_no_path_is_no_parameter(driver: Any, path: str) -> None:
    router = Router([Route("/{name}", driver.endpoint())])
    assert driver.get(router, path, "OPTIONS").status != 200


def test_a_private_or_lower_case_method_gets_405(driver: Any) -> None:
    router = Router([Route("/a", driver.endpoint(), methods=["GET"])])
    for method in ("_PRIVATE", "get", "__init__"):
        assert driver.run(_status(router, driver.http_scope("/a", method))) == 405


async def _status(app: Any, scope: Any) -> int:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    await app(scope, None, send)
    return statuses[0]


def test_a_partial_match_of_a_foreign_route_is_handled_by_it(driver: Any) -> None:
    class Foreign(BaseRoute):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            return Match.PARTIAL, {"endpoint": self}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await driver.endpoint("foreign")({**scope, "path_params": {}}, receive, send)

    assert driver.received(Router([Foreign(), Route("/a", driver.endpoint(), methods=["PUT"])]), "/a")[0] == "foreign"


def test_options_has_an_automatic_response_by_option(driver: Any) -> None:
    routes = [Route("/a", driver.endpoint(), methods=["GET"]), Route("/a", driver.endpoint(), methods=["PUT"])]
    response = driver.get(Router(routes, automatic_options=True), "/a", "OPTIONS")
    assert (response.status, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT")
    assert driver.get(Router(routes), "/a", "OPTIONS").status == 405
    own = [*routes, Route("/a", driver.endpoint("own"), methods=["OPTIONS"])]
    assert driver.received(Router(own, automatic_options=True), "/a", "OPTIONS")[0] == "own"
    assert driver.get(Router(routes, automatic_options=True), "/none", "OPTIONS").status == 404


@pytest.mark.parametrize(("path", "location"), [("/a/", "/a"), ("/b", "/b/"), ("/m", "/m/"), ("/a//", "/a")])
def test_slash_redirects_name_a_path_and_no_host(driver: Any, path: str, location: str) -> None:
    router = Router([Route("/a", driver.endpoint()), Route("/b/", driver.endpoint()), Mount("/m", driver.endpoint())])
    response = driver.get(router, path, headers=[(b"host", b"internal:8000")])
    assert (response.status, response.headers["location"]) == (307, location)
    queried = driver.get(router, path, query_string=b"x=1&y=%20")
    assert queried.headers["location"] == location + "?x=1&y=%20"


def test_slashes_can_be_strict_or_matched(driver: Any) -> None:
    routes = [Route("/a", driver.endpoint("a")), Route("/b/", driver.endpoint("b"), methods=["POST"])]
    strict = Router(routes, redirect_slashes=False)
    assert driver.get(strict, "/a/").status == driver.get(strict, "/b").status == 404
    matching = Router(routes, match_slashes=True)
    assert driver.received(matching, "/a/")[0] == "a"
    assert driver.received(matching, "/b", "POST")[0] == "b"
    assert driver.get(matching, "/b").status == 405
    assert driver.get(matching, "/c/").status == 404


def test_a_route_with_its_own_matching_is_asked_for_the_path_with_its_slash_toggled(driver: Any) -> None:
    asked: list[str] = []

    class Own(Route):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            asked.append(scope["path"])
            return super().matches(scope)

    class OwnMount(Mount):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            return super().matches(scope)

    routes = [Own("/a/{x}", driver.endpoint("own")), OwnMount("/m", routes=[Route("/", driver.endpoint("mounted"))])]
    matching = Router(routes, match_slashes=True)
    name, scope = driver.received(matching, "/a/1/", raw_path=b"/a/1/")
    assert (name, scope["path_params"], scope["path"]) == ("own", {"x": "1"}, "/a/1")
    assert asked == ["/a/1/", "/a/1"]
    name, scope = driver.received(matching, "/m")
    assert (name, scope["root_path"], scope["path"]) == ("mounted", "/m", "/m/")
    assert driver.get(Router(routes), "/a/1/").headers["location"] == "/a/1"
    assert driver.get(matching, "/b/1/").status == 404


def test_a_mount_and_what_is_below_it_get_the_path_with_its_slash_toggled(driver: Any) -> None:
    inner = Router([Route("/", driver.endpoint("root")), Route("/x", driver.endpoint("x"))], match_slashes=True)
    router = Router([Mount("/m", inner)], match_slashes=True)
    assert driver.received(router, "/m", raw_path=b"/m")[0] == "root"
    assert driver.received(router, "/m/x/", raw_path=b"/m/x/", root_path="/proxy")[0] == "x"
    outer = driver.http_scope("/m/x/")
    driver.run(driver.call(router, outer))
    assert outer["path"] == "/m/x/"
    assert outer["route"].path == "/m"


def test_what_a_redirect_leads_to_is_not_recorded_as_the_route_of_the_request(driver: Any) -> None:
    record: dict[str, Any] = {}
    router = Router([Route("/a", driver.endpoint()), Mount("/m", driver.endpoint())])
    for path in ("/a/", "/m"):
        scope = driver.http_scope(path, path_params={}, armillary=record)
        assert driver.run(driver.call(router, scope)).status == 307
        assert record == {}
        assert "route" not in scope


def test_a_redirect_below_a_root_path_keeps_it(driver: Any) -> None:
    router = Router([Mount("/m", routes=[Route("/a", driver.endpoint())])])
    for path in ("/root/m/a/", "/m/a/"):
        response = driver.get(router, path, root_path="/root")
        assert response.headers["location"] == "/root/m/a"


def test_a_redirect_adds_a_root_path_that_the_path_only_begins_like(driver: Any) -> None:
    router = Router([Route("/application", driver.endpoint())])
    assert driver.get(router, "/application/", root_path="/app").headers["location"] == "/app/application"


hostile = st.lists(
    st.sampled_from(["/", "\\", "evil.example", "%2f", "@", ":", "?", "#", "\r\n", "\0", "é", "..", "a"]), max_size=6
).map("".join)


@given(hostile, st.binary(max_size=8))
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_open_redirect_no_path_or_query_leads_off_the_host(path: str, query: bytes) -> None:
    router = Router([Route("/{rest:path}", print), Route("/{rest:path}/", print)])
    redirect: Any = router.redirect({"type": "http", "path": "/" + path, "query_string": query})
    location = redirect.location
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
    for reference in (location, location.replace("\\", "/")):
        assert not reference.startswith("//")
        assert urlsplit(urljoin("http://host.example/x", reference)).netloc == "host.example"


@pytest.mark.parametrize("path", ["//evil.example/a", "/\\evil.example/a", "//evil.example//a"])
def test_open_redirect_known_shapes(driver: Any, path: str) -> None:
    router = Router([Route("/{rest:path}/", driver.endpoint())])
    location = driver.get(router, path).headers["location"]
    assert location.startswith(("/%2F", "/%5C"))

"""Mounts and hosts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from armillary.asgi_types import Middleware, Receive, Scope, Send, scope_record
from armillary.routing import Host, Mount, Route, Router, compile_path, get_route_path


def test_root_path_grows_in_a_copy_of_the_scope(driver: Any) -> None:
    router = Router([Mount("/a/{x}", routes=[Mount("/b", driver.endpoint("deep"))])])
    scope = driver.http_scope("/root/a/1/b/c", root_path="/root")
    response = driver.run(driver.call(router, scope))
    assert b'"root_path": "/root/a/1/b"' in response.body
    assert b'"app_root_path": "/root"' in response.body
    assert (scope["root_path"], scope["path"]) == ("/root", "/root/a/1/b/c")


def test_the_record_has_the_whole_template_below_mounts(driver: Any) -> None:
    router = Router([Mount("/a/{x}", routes=[Mount("/b", routes=[Route("/{y:int}", driver.endpoint())])])])
    scope = driver.http_scope("/a/1/b/2")
    driver.run(driver.call(router, scope))
    assert scope_record(scope)["route_path"] == "/a/{x}/b/{y:int}"


def test_path_parameters_of_mounts_and_routes_are_merged(driver: Any) -> None:
    router = Router([Mount("/{a}", routes=[Route("/{b:int}", driver.endpoint())])])
    assert driver.received(router, "/x/2")[1]["path_params"] == {"a": "x", "b": 2}


def test_a_mount_takes_its_prefix_as_whole_segments(driver: Any) -> None:
    router = Router([Mount("/users", driver.endpoint())])
    assert driver.get(router, "/usersa").status == 404
    assert driver.get(router, "/users").status == 307
    assert driver.received(router, "/users/")[1]["root_path"] == "/users"


def test_a_mount_can_serve_its_root_without_a_slash(driver: Any) -> None:
    inner = Router([Route("/", driver.endpoint("root")), Route("/x", driver.endpoint("x"))])
    router = Router([Mount("/users/{id:int}", inner, slash_optional=True)])
    for path in ("/users/1", "/users/1/"):
        name, scope = driver.received(router, path)
        assert (name, scope["root_path"], scope["path"]) == ("root", "/users/1", "/users/1/")
    assert driver.received(router, "/users/1/x")[0] == "x"
    assert driver.get(router, "/users/1", raw_path=b"/users/1").status == 200


def test_a_server_that_keeps_the_root_path_out_of_the_path_can_mount(driver: Any) -> None:
    router = Router([Mount("/m", routes=[Mount("/n", routes=[Route("/x", driver.endpoint("x"))])])])
    assert driver.received(router, "/m/n/x", root_path="/proxy")[1]["root_path"] == "/proxy/m/n"


@pytest.mark.parametrize(
    ("path", "root_path", "expected"),
    [
        ("/foo-123/bar", "/foo", "/foo-123/bar"),
        ("/foo/bar", "/foo", "/bar"),
        ("/foo/bar", "/foo/", "/bar"),
        ("/foo", "/foo", ""),
        ("/foo/bar", "/bar", "/foo/bar"),
        ("/foo", "", "/foo"),
    ],
)
def test_the_route_path_is_what_follows_the_root_path(path: str, root_path: str, expected: str) -> None:
    assert get_route_path({"path": path, "root_path": root_path}) == expected


def test_a_copied_mount_with_another_path_is_found_there(driver: Any) -> None:
    mount = Mount("/a", driver.endpoint("m"))
    other = copy.copy(mount)
    other.path = "/b"
    other.path_regex, other.path_format, other.param_convertors = compile_path("/b/{path:path}")
    router = Router([mount, other])
    assert driver.received(router, "/b/x")[1]["root_path"] == "/b"
    assert driver.received(router, "/a/x")[1]["root_path"] == "/a"


def test_routes_added_to_a_mounted_router_are_found(driver: Any) -> None:
    inner = Router()
    router = Router([Mount("/m", inner)])
    assert driver.get(router, "/m/x").status == 404
    inner.add_route("/x", driver.endpoint("x"))
    assert driver.received(router, "/m/x")[0] == "x"


def test_an_overriding_mount_handles_in_the_scope_below(driver: Any) -> None:
    class Counting(Mount):
        handled = 0

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            self.handled += 1
            await super().handle(scope, receive, send)

    mount = Counting("/m", driver.endpoint("m"))
    assert driver.received(Router([mount]), "/m/x")[1]["root_path"] == "/m"
    assert mount.handled == 1


def test_hosts_match_any_case_and_port(driver: Any) -> None:
    router = Router([Host("{sub}.Example.org:8000", driver.endpoint("sub")), Host("example.org", driver.endpoint("x"))])
    for value in (b"A.example.ORG", b"a.example.org:80", b"a.example.org:99999"):
        assert driver.received(router, "/", headers=[(b"host", value)])[1]["path_params"] == {"sub": "a"}
    assert driver.received(router, "/", headers=[(b"host", b"EXAMPLE.org")])[0] == "x"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"example.org:evil")],
        [(b"host", b"example.org/?")],
        [(b"host", b"x@example.org")],
        [(b"host", b"example.org"), (b"host", b"evil.org")],
        [(b"host", b"example.org\xff")],
    ],
)
def test_a_missing_malformed_or_repeated_host_matches_none(driver: Any, headers: Any) -> None:
    router = Router([Host("example.org", driver.endpoint()), Host("{any}", driver.endpoint())])
    app: Any = router.select(driver.http_scope("/", headers=headers))
    assert app == router.default


def test_mounts_and_hosts_are_applications_of_their_own(driver: Any) -> None:
    assert driver.received(Mount("/m", driver.endpoint("m")), "/m/x")[0] == "m"
    assert driver.received(Host("testserver", driver.endpoint("h")), "/x")[0] == "h"
    assert driver.received(Route("/r", driver.endpoint("r")), "/r")[0] == "r"
    assert driver.get(Route("/r", driver.endpoint("r")), "/x").status == 404
    assert driver.get(Route("/r", driver.endpoint("r"), methods=["GET"]), "/r", "PUT").headers["allow"] == "GET, HEAD"


class Guarding:
    """Middleware that answers itself, and passes on the attributes of the application it wraps."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def test_what_passes_on_the_attributes_of_a_mounted_router_is_called(driver: Any) -> None:
    inner = Router([Route("/x", driver.endpoint())])
    assert driver.get(Router([Mount("/m", Guarding(inner))]), "/m/x").status == 403
    assert driver.get(Router([Mount("/m", inner, middleware=[Middleware(Guarding)])]), "/m/x").status == 403


def test_the_own_selection_of_a_mounted_router_is_asked_with_the_scope_alone(driver: Any) -> None:
    asked: list[str] = []

    class Watched(Router):
        def select(self, scope: Any) -> Any:  # type: ignore[override]  # as programs wrote it
            asked.append(scope["root_path"])
            return super().select(scope)

    inner = Watched([Route("/end", driver.endpoint("end"))])
    router = Router([Mount("/a", routes=[Mount("/b", inner)])])
    assert b"end" in driver.get(router, "/a/b/end").body
    assert asked == ["/a/b"]


def test_every_mount_of_several_adds_its_keys_and_none_changes_the_scope_of_the_request(driver: Any) -> None:
    routes: list[Any] = [Route("/{end}", driver.endpoint("deep"))]
    for name in ("c", "b", "a"):
        routes = [Mount(f"/{name}/{{{name}}}", routes=routes)]
    scope = driver.http_scope("/root/a/1/b/2/c/3/x", root_path="/root")
    with_prefix = driver.run(driver.call(Router(routes), scope))
    assert b'"root_path": "/root/a/1/b/2/c/3"' in with_prefix.body
    assert b'"app_root_path": "/root"' in with_prefix.body
    assert (scope["root_path"], scope["path_params"]) == ("/root", {"a": "1"})
    assert scope_record(scope)["route_path"] == "/a/{a}/b/{b}/c/{c}/{end}"
    assert driver.received(Router(routes), "/a/1/b/2/c/3/x")[1]["path_params"] == {
        "a": "1",
        "b": "2",
        "c": "3",
        "end": "x",
    }


def test_a_scope_that_a_mount_copied_before_is_left_alone_by_the_mounts_below(driver: Any) -> None:
    kept: list[Any] = []

    class Keeps(Router):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            kept.append((scope, dict(scope)))
            await super().__call__(scope, receive, send)

    below = Keeps([Mount("/b", routes=[Mount("/c", routes=[Route("/end", driver.endpoint("end"))])])])
    assert b"end" in driver.get(Router([Mount("/a", below)]), "/a/b/c/end").body
    [(scope, before)] = kept
    assert (scope["root_path"], scope["armillary.mount"]) == (before["root_path"], before["armillary.mount"])


def test_middleware_that_a_mounted_router_gets_after_a_request_is_called(driver: Any) -> None:
    inner = Router([Route("/x", driver.endpoint())])
    router = Router([Mount("/m", inner)])
    assert driver.get(router, "/m/x").status == 200
    own = inner.middleware_stack
    inner.middleware_stack = Guarding(own)
    assert driver.get(router, "/m/x").status == 403
    inner.middleware_stack = own
    assert driver.get(router, "/m/x").status == 200


@pytest.mark.parametrize("patched", [Router, type("Own", (Router,), {})])
@pytest.mark.parametrize("name", ["__call__", "app"])
def test_a_patched_method_of_a_mounted_router_is_called(
    driver: Any, monkeypatch: pytest.MonkeyPatch, patched: type[Router], name: str
) -> None:
    own = getattr(patched, name)
    paths: list[str] = []

    async def recording(self: Router, scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["root_path"])
        await own(self, scope, receive, send)

    before = Router([Mount("/m", patched([Route("/x", driver.endpoint())]))])
    assert driver.get(before, "/m/x").status == 200
    monkeypatch.setattr(patched, name, recording)
    after = Router([Mount("/m", patched([Route("/x", driver.endpoint())]))])
    assert driver.get(after, "/m/x").status == 200
    assert paths[-1:] == ["/m"]
    paths.clear()
    assert driver.get(before, "/m/x").status == 200
    assert ("/m" in paths) == (name == "__call__")  # `app` is read when a router is made


def test_a_mount_reads_a_regex_it_was_given_whatever_its_tail_is(driver: Any) -> None:
    mount = Mount("/m", driver.endpoint())
    mount.path_regex, _, mount.param_convertors = compile_path("/a-{path:path}")
    router = Router([mount])
    assert driver.get(router, "/a-x").status == 200
    assert driver.get(router, "/b-x").status == 404


@pytest.mark.parametrize("raw_path", [False, True])
def test_a_mount_below_a_parameter_of_many_segments_consumes_all_of_its_template(driver: Any, raw_path: bool) -> None:
    router = Router([Mount("/{a:path}/x", driver.endpoint())], raw_path=raw_path)
    scope = driver.received(router, "/1/2/x/y/z")[1]
    assert (scope["root_path"], scope["path_params"]) == ("/1/2/x", {"a": "1/2"})


@pytest.mark.parametrize(("root", "mount"), [("/root", ""), ("/root", "/m"), ("/m/x", "/m")])
def test_a_path_that_is_rewritten_below_a_mount_may_begin_with_the_root_path(
    driver: Any, root: str, mount: str
) -> None:
    inner = Router([Route("/new", driver.endpoint("new"))])

    async def rewriting(scope: Any, receive: Any, send: Any) -> None:
        await inner({**scope, "path": scope["root_path"] + "/new", "raw_path": None}, receive, send)

    router = Router([Mount(mount, rewriting)])
    for path in (f"{mount}/old", root + f"{mount}/old"):
        assert driver.received(router, path, root_path=root)[0] == "new"


def test_what_a_mount_of_a_program_adds_to_the_scope_is_there_below_another_mount_too(driver: Any) -> None:
    class TenantMount(Mount):
        def extend_scope(self, scope: Scope, child_scope: Scope) -> Scope:
            return {**super().extend_scope(scope, child_scope), "tenant": "vega"}

    seen: list[Any] = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope.get("tenant"), scope["root_path"]))
        await driver.endpoint("b")(scope, receive, send)

    mount = TenantMount("/b", look)
    for router, path in ((Router([mount]), "/b/"), (Router([Mount("/a", routes=[mount])]), "/a/b/")):
        driver.run(driver.call(router, driver.http_scope(path)))
    assert seen == [("vega", "/b"), ("vega", "/a/b")]


def test_a_mount_below_one_that_writes_in_place_leaves_the_scope_of_the_server_alone(driver: Any) -> None:
    class InPlace(Mount):
        scope_in_place = True

    router = Router([InPlace("/a", routes=[Mount("/b", driver.endpoint("b"))])])
    scope = driver.http_scope("/a/b/c")
    router.select(scope)
    assert scope["root_path"] == "/a"
    assert scope_record(scope)["route_path"] == "/a/b"

"""The index gives the result of asking each route in order."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import sys
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from armillary.routing import (
    BaseRoute,
    Convertor,
    Host,
    Match,
    Mount,
    Route,
    RouteList,
    Router,
    WebSocketRoute,
    compile_path,
    get_route_path,
    register_url_convertor,
)


class Endpoint:
    def __init__(self, name: str = "") -> None:
        self.name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class OfBothProtocols(Endpoint):
    """An application that serves WebSockets too, and declares it."""

    serves_websockets = True


class EvenOnly(Convertor[int]):
    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        if int(value) % 2:
            raise ValueError("odd")
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class ForeignRoute(BaseRoute):
    """A route of another library: without our constructor, with its own idea of a match."""

    def __init__(self, ending: str, partial: bool) -> None:
        self.ending = ending
        self.partial = partial

    def matches(self, scope: Any) -> tuple[Match, Any]:
        if not get_route_path(scope).endswith(self.ending):
            return Match.NONE, {}
        return (Match.PARTIAL if self.partial else Match.FULL), {"endpoint": self, "path_params": {}}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None: ...


class PickyRoute(Route):
    """Overrides matching on top of the inherited result."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        match, child = super().matches(scope)
        return (Match.NONE, {}) if "b" in get_route_path(scope) else (match, child)


class HandlingRoute(Route):
    async def handle(self, scope: Any, receive: Any, send: Any) -> None: ...


class CustomConvertor(Convertor[str]):
    """A regex that a segment cannot be read by: it looks at the text around the parameter."""

    regex = "(?<=/)[ab/]+"

    def convert(self, value: str) -> str:
        return value.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


register_url_convertor("even", EvenOnly())
register_url_convertor("custom_letters", CustomConvertor())


def uninitialised_route(path: str) -> Route:
    """Return a route whose class never called our constructor, as frameworks make them."""
    route = Route.__new__(HandlingRoute)
    route.path = path
    route.endpoint = route.app = Endpoint()
    route.methods = {"GET"}
    route.path_regex, route.path_format, route.param_convertors = compile_path(path)
    return route


def hand_written_regex() -> Route:
    route = Route("/a", Endpoint())
    route.path_regex = re.compile("^/[ab]+(/b)?$")
    return route


segments = st.sampled_from(
    [
        *("a", "b", "ab", "", "7", "{x}", "{x:int}", "{x:path}", "{x:even}", "{x}-{z}", "a{x}"),
        *("{x:regex([ab]+)}", "{x:custom_letters}", "{x:path}b"),
    ]
)


@st.composite
def templates(draw: st.DrawFn) -> str:
    parts = draw(st.lists(segments, min_size=1, max_size=3))
    return "/" + "/".join(part.replace("{x", f"{{x{i}").replace("{z", f"{{z{i}") for i, part in enumerate(parts))


methods = st.sampled_from([None, ["GET"], ["POST"], ["GET", "POST"]])


@st.composite
def routes(draw: st.DrawFn) -> BaseRoute:
    path = draw(templates())
    kind = draw(st.integers(0, 14))
    if kind <= 4:
        return Route(path, Endpoint(), methods=draw(methods))
    if kind == 5:
        return WebSocketRoute(path, Endpoint())
    if kind == 6:
        return Mount(path.replace(":path}", "}"), Endpoint(), slash_optional=draw(st.booleans()))
    if kind == 7:
        return Host(draw(st.sampled_from(["a.org", "b.org:80", "{h}.org"])), Endpoint())
    if kind == 8:
        return ForeignRoute(draw(st.sampled_from(["a", "b/", "zz"])), draw(st.booleans()))
    if kind == 9:
        return PickyRoute(path, Endpoint(), methods=draw(methods))
    if kind == 10:
        return uninitialised_route(path)
    if kind == 11:
        return draw(st.sampled_from([PickyRoute, HandlingRoute]))(path, OfBothProtocols(), methods=draw(methods))
    if kind <= 13:
        return Route(path, OfBothProtocols(), methods=draw(methods))
    return hand_written_regex()


paths = st.lists(st.sampled_from(["a", "b", "ab", "", "7", "8", "a-b", "aa", "\n"]), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)


def by_regex(route: Any, path: str) -> tuple[re.Match[str], dict[str, Any]] | None:
    """The definition of a match: the regex matches, and each convertor takes its text."""
    found = route.path_regex.match(path)
    if found is None:
        return None
    params: dict[str, Any] = found.groupdict()
    try:
        for name, convertor in route.param_convertors.items():
            params[name] = convertor.convert(params[name])
    except ValueError:
        return None
    return found, params


def own_match(route: BaseRoute, scope: dict[str, Any]) -> tuple[Match, Any]:
    """What `matches` of a route returns, its path parameters alone; for our own classes, by the regex."""
    if isinstance(route, (Host, ForeignRoute)):
        match, child = route.matches(scope)
        return match, child.get("path_params")
    path = scope["path"]
    serves = scope["type"] == "websocket" and isinstance(route, Route) and route.serves_websockets
    kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
    takes = isinstance(route, Mount) or scope["type"] == kind or serves
    found = by_regex(route, path) if takes else None
    if found is None and isinstance(route, Mount) and route.slash_optional and path[-1:] != "/":
        found = by_regex(route, path + "/")
    if found is None or (isinstance(route, PickyRoute) and "b" in path):
        return Match.NONE, None
    params = found[1]
    if isinstance(route, Mount):
        del params["path"]
    elif scope["type"] == "http" and getattr(route, "methods", None) and scope["method"] not in route.methods:
        return Match.PARTIAL, params
    return Match.FULL, params


def linear(table: list[BaseRoute], scope: dict[str, Any]) -> tuple[str, BaseRoute | None, Any]:
    """The definition: the first full match, else the first partial one, else a slash redirect, else nothing."""
    partial: tuple[BaseRoute, Any] | None = None
    for route in table:
        match, params = own_match(route, scope)
        assert match is route.matches(scope)[0]
        if match is not Match.NONE:
            assert params == route.matches(scope)[1]["path_params"]
        if match is Match.FULL:
            return "full", route, params
        if match is Match.PARTIAL and partial is None:
            partial = route, params
    if partial is not None:
        return "partial", *partial
    path = scope["path"]
    other = path.rstrip("/") if path.endswith("/") else path + "/"
    if scope["type"] != "http" or path == "/" or not other:
        return "none", None, None
    found = any(own_match(route, {**scope, "path": other})[0] is not Match.NONE for route in table)
    return "redirect" if found else "none", None, None


def indexed(router: Router, scope: dict[str, Any]) -> tuple[str, BaseRoute | None, Any]:
    app: Any = router.select(scope)
    if app == router.default:
        return "none", None, None
    kind = type(app).__name__
    if kind == "Redirect":
        return "redirect", None, None
    params = scope["path_params"]
    app = getattr(app, "app", app)
    owner = getattr(app, "__self__", None)
    if isinstance(owner, BaseRoute):
        return "handled", owner, params
    return ("partial" if kind == "MethodNotAllowed" else "full"), scope["route"], params


def check(router: Router, scope: dict[str, Any]) -> None:
    expected = linear(list(router.routes), dict(scope))
    kind, route, params = indexed(router, dict(scope))
    assert route is expected[1]
    assert params == expected[2]
    assert kind == expected[0] or (kind == "handled" and expected[0] in ("full", "partial"))


class RouteTable(RuleBasedStateMachine):
    """Random tables, mutated in every way a list of routes can be, between random requests.

    Rewritten routes are put into the list again, as the documentation demands.
    """

    added = Bundle("added")

    @initialize(table=st.lists(routes(), max_size=6))
    def start(self, table: list[BaseRoute]) -> None:
        self.router = Router(table)

    @rule(target=added, route=routes(), position=st.integers(0, 8))
    def insert(self, route: BaseRoute, position: int) -> BaseRoute:
        self.router.routes.insert(position, route)
        return route

    @rule(target=added, route=routes())
    def append(self, route: BaseRoute) -> BaseRoute:
        self.router.routes.append(route)
        return route

    @rule(route=consumes(added))
    def remove_by_identity(self, route: BaseRoute) -> None:
        self.router.routes[:] = [other for other in self.router.routes if other is not route]

    @rule(table=st.lists(routes(), max_size=3))
    def extend(self, table: list[BaseRoute]) -> None:
        self.router.routes += table

    @rule()
    def reverse(self) -> None:
        self.router.routes.reverse()

    @rule()
    def pop(self) -> None:
        if self.router.routes:
            self.router.routes.pop(0)

    @rule(table=st.lists(routes(), max_size=4))
    def replace(self, table: list[BaseRoute]) -> None:
        self.router.routes = table

    @rule(route=added, path=templates())
    def rewrite(self, route: BaseRoute, path: str) -> None:
        if isinstance(route, (Route, WebSocketRoute)):
            route.path_regex, route.path_format, route.param_convertors = compile_path(path)
            self.router.routes[:] = [*self.router.routes]

    @rule(route=added, path=templates())
    def add_rewritten_copy(self, route: BaseRoute, path: str) -> None:
        if isinstance(route, Mount):
            again = copy.copy(route)
            again.path = path.replace(":path}", "}").rstrip("/")
            again.path_regex, again.path_format, again.param_convertors = compile_path(again.path + "/{path:path}")
            self.router.routes.append(again)

    @rule(route=added, wanted=methods)
    def rewrite_methods(self, route: BaseRoute, wanted: list[str] | None) -> None:
        if isinstance(route, Route):
            route.methods = None if wanted is None else set(wanted)

    @rule(route=added, endpoint=st.sampled_from([Endpoint, OfBothProtocols]))
    def rewrite_endpoint(self, route: BaseRoute, endpoint: type[Endpoint]) -> None:
        if isinstance(route, (Route, WebSocketRoute)):
            route.endpoint = route.app = endpoint()
            self.router.routes[:] = [*self.router.routes]

    @rule(
        path=paths, method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"]), host=st.sampled_from(["a.org", "c.org"])
    )
    def request(self, path: str, method: str, host: str) -> None:
        headers = [(b"host", host.encode())]
        check(self.router, {"type": "http", "path": path, "method": method, "headers": headers})

    @rule(path=paths)
    def handshake(self, path: str) -> None:
        check(self.router, {"type": "websocket", "path": path, "headers": [(b"host", b"b.org")]})

    @invariant()
    def serves_the_root(self) -> None:
        if hasattr(self, "router"):
            check(self.router, {"type": "http", "path": "/a", "method": "GET", "headers": []})


TestRouteTable = RouteTable.TestCase
TestRouteTable.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def plain_routes(draw: st.DrawFn) -> BaseRoute:
    """A route of those kinds that the shortcuts of the index know, seldom of another."""
    parts = draw(st.lists(st.sampled_from(["a", "b", "{x}", "{x:int}", "{x:path}", "a{x}"]), min_size=1, max_size=3))
    path = "/" + "/".join(part.replace("{x", f"{{x{place}") for place, part in enumerate(parts))
    kind = draw(st.integers(0, 9))
    if kind < 6:
        return Route(path, Endpoint(), methods=draw(methods))
    if kind < 8:
        return Mount(path.replace(":path}", "}"), Endpoint(), slash_optional=kind == 7)
    return (
        draw(st.sampled_from([PickyRoute, HandlingRoute]))(path, Endpoint()) if kind == 8 else Host("a.org", Endpoint())
    )


ALL_PATHS = ["/" + "/".join(parts) for size in range(4) for parts in product(["a", "b", "7", "ab", ""], repeat=size)]


@settings(max_examples=150)
@given(st.lists(plain_routes(), min_size=1, max_size=5))
def test_every_short_path_leads_to_where_trying_each_route_in_order_leads(table: list[BaseRoute]) -> None:
    router = Router(table)
    for path in ALL_PATHS:
        check(router, {"type": "http", "path": path, "method": "GET", "headers": []})


def calls_of(action: Callable[[], object]) -> int:
    """Count the calls, Python's and C's, that an action makes."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    gc.disable()  # what it calls on the way is not counted here
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


def work(router: Router, path: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> int:
    """Count the calls of one selection."""
    scope = {"type": "http", "path": path, "method": "GET", "headers": [(b"host", b"h7.org"), *headers]}
    router.select(dict(scope))
    return calls_of(lambda: router.select(scope))


@pytest.mark.parametrize(
    ("template", "routes"),
    [("/r{}", 1000), ("/r{}/{{id}}", 1000), ("/r{}/{{id:int}}/x", 10_000), ("/{{id}}/r{}", 1000)],
)
def test_the_work_of_a_request_does_not_grow_with_the_number_of_routes(template: str, routes: int) -> None:
    def path(number: int) -> str:
        return template.format(number).replace("{id}", "5").replace("{id:int}", "5")

    few, many = (
        Router([Route(template.format(i), Endpoint(), methods=["GET"]) for i in range(n)]) for n in (10, routes)
    )
    first = work(few, path(0))
    assert work(many, path(routes - 1)) == work(many, path(0)) == first
    assert work(many, "/nothing/here") <= work(few, "/nothing/here")


def test_the_work_grows_with_the_depth_of_mounts_and_no_faster() -> None:
    def nested(depth: int) -> Router:
        inner = Router([Route("/end", Endpoint())])
        for _ in range(depth):
            inner = Router([Mount("/sub", inner)])
        return inner

    works = {depth: work(nested(depth), "/sub" * depth + "/end") for depth in (1, 2, 4, 8, 16)}
    for_one = works[2] - works[1]
    assert {depth: works[depth] - works[1] for depth in works} == {depth: (depth - 1) * for_one for depth in works}


def test_the_work_does_not_grow_with_headers_that_are_not_read() -> None:
    router = Router([Route("/r", Endpoint()), Route("/r/{key}/x", Endpoint())])

    def of(path: str, headers: int) -> int:
        return work(router, path, [(b"x-%d" % number, b"value") for number in range(headers)])

    for path in ("/r", "/r/5/x", "/r/", "/nowhere"):
        assert of(path, 200) == of(path, 2)


def test_the_index_of_many_routes_takes_less_work_than_constructing_them() -> None:
    made: list[BaseRoute] = []
    construct = (Route(f"/r{i}/{{id}}", Endpoint(), methods=["GET"]) for i in range(1000))
    constructing = calls_of(lambda: made.extend(construct))
    routes = Router(made)._routes
    assert calls_of(routes.compile) <= 1.5 * constructing


def test_the_work_does_not_grow_with_the_number_of_hosts() -> None:
    few, many = (Router([Host(f"h{i}.org", Endpoint()) for i in range(n)]) for n in (10, 1000))
    assert work(many, "/") == work(few, "/")


def test_a_foreign_route_is_asked_once_and_in_its_turn() -> None:
    asked: list[str] = []

    class Asking(ForeignRoute):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            asked.append(self.ending)
            return super().matches(scope)

    before, after = Asking("nope", False), Asking("later", False)
    router = Router([before, Route("/a", Endpoint()), after])
    router.select({"type": "http", "path": "/a", "method": "GET", "headers": []})
    assert asked == ["nope"]


def test_a_method_put_on_an_instance_is_asked() -> None:
    route = Route("/a", Endpoint())
    router = Router([route])
    scope = {"type": "http", "path": "/elsewhere", "method": "GET", "headers": []}
    assert router.select(dict(scope)) == router.default
    route.matches = lambda scope: (Match.FULL, {"endpoint": None, "path_params": {}})  # type: ignore[method-assign]
    router.routes[0] = route
    assert getattr(router.select(dict(scope)), "__self__", None) is route
    del route.matches
    router.routes[0] = route
    assert router.select(dict(scope)) == router.default


def test_a_class_patched_before_the_first_connection_handles_through_the_patch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def traced(self: Any, scope: Any, receive: Any, send: Any) -> None: ...

    monkeypatch.setattr(Route, "handle", traced)
    router = Router([Route("/a", Endpoint())])
    app: Any = router.select({"type": "http", "path": "/a", "method": "GET", "headers": []})
    assert app.__func__ is traced


def test_every_way_to_change_a_list_of_routes_drops_the_index() -> None:
    changes: list[Any] = [
        lambda r: r.append(Route("/z", Endpoint())),
        lambda r: r.extend([Route("/z", Endpoint())]),
        lambda r: r.insert(0, Route("/z", Endpoint())),
        lambda r: r.remove(r[0]),
        lambda r: r.pop(),
        lambda r: r.clear(),
        lambda r: r.reverse(),
        lambda r: r.sort(key=lambda route: route.path),
        lambda r: r.__setitem__(0, Route("/z", Endpoint())),
        lambda r: r.__delitem__(0),
        lambda r: r.__iadd__([Route("/z", Endpoint())]),
        lambda r: r.__imul__(2),
    ]
    for change in changes:
        table = RouteList([Route("/b", Endpoint()), Route("/a", Endpoint())])
        table.compile()
        change(table)
        assert table.compiled is None
    mutators = {name for name in dir(list) if name not in dir(tuple)} - {"copy", "__reversed__"}
    assert mutators <= set(vars(RouteList)), mutators - set(vars(RouteList))


def test_a_rewritten_path_counts_once_the_route_is_put_into_the_list_again() -> None:
    route = Route("/a", Endpoint())
    router = Router([route])
    scope = {"type": "http", "path": "/b", "method": "GET", "headers": []}
    assert router.select(dict(scope)) == router.default
    route.path_regex, route.path_format, route.param_convertors = compile_path("/b")
    router.routes[0] = route
    assert router.select(dict(scope)) is route.app


def test_a_route_can_be_copied_and_pickled_after_it_has_served() -> None:
    for route in (
        Route("/a/{x:int}", Endpoint(), name="a"),
        Mount("/a/{x:int}", Endpoint()),
        Host("{h}.org", Endpoint()),
    ):
        scope = {"type": "http", "path": "/a/7/", "method": "GET", "headers": [(b"host", b"a.org")]}
        found = [route.matches(scope)[0]]
        for again in (copy.copy(route), copy.deepcopy(route), pickle.loads(pickle.dumps(route))):  # noqa: S301
            found.append(again.matches(scope)[0])
            assert Router([again]).select({**scope, "path": "/a/7"}) is not None
        assert len(set(found)) == 1


def test_a_route_that_handles_by_itself_comes_before_a_parameter_that_takes_its_path_too() -> None:
    own, other = HandlingRoute("/a/b", Endpoint()), Route("/a/{x}", Endpoint())
    for table in ([own, other], [other, own]):
        router = Router(table)
        for path in ("/a/b", "/a/c"):
            check(router, {"type": "http", "path": path, "method": "GET", "headers": []})


def test_a_host_in_front_of_a_path_keeps_its_turn() -> None:
    host, route = Host("a.org", Endpoint()), Route("/a", Endpoint())
    scope = {"type": "http", "path": "/a", "method": "GET", "headers": [(b"host", b"a.org")]}
    assert Router([host, route]).select(dict(scope)) is host.app
    assert Router([route, host]).select(dict(scope)) is route.app


def test_classes_whose_constructor_is_their_own_are_routed(driver: Any) -> None:
    class OwnMount(Mount):
        def __init__(self, path: str, app: Any) -> None:
            self.path = path
            self.app = self._base_app = app
            self.path_regex, self.path_format, self.param_convertors = compile_path(path + "/{path:path}")

    class OwnRouter(Router):
        route_class = dict  # frameworks use such names for their own attributes

        def __init__(self, routes: Any) -> None:
            self.routes = routes
            self.default = self.not_found
            self.middleware_stack = self.app

    router = OwnRouter([uninitialised_route("/a"), OwnMount("/m", driver.endpoint("m"))])
    router.add_route("/added", driver.endpoint("added"))
    assert driver.received(router, "/m/x")[0] == "m"
    assert driver.received(router, "/added")[0] == "added"
    assert driver.get(router, "/m").status == 307
    assert [mounted.path for mounted in router.mounted_lifespans()] == ["/m"]
    assert router.select(driver.http_scope("/a", "GET")).__func__ is HandlingRoute.handle  # type: ignore[attr-defined]


def test_a_host_whose_regex_is_rewritten_is_found_by_it(driver: Any) -> None:
    host = Host("one.test", driver.endpoint("hosted"))
    router = Router([host, Route("/{rest:path}", driver.endpoint("other"))])
    fields = [(b"host", b"two.test")]
    assert driver.get(router, "/a", headers=fields).body.startswith(b'["other"')
    host.host_regex = re.compile("^two[.]test$")
    router.routes[0] = host
    assert driver.get(router, "/a", headers=fields).body.startswith(b'["hosted"')


@pytest.mark.anyio
async def test_a_route_gives_its_endpoint_the_websockets_it_says_it_serves(driver: Any) -> None:
    endpoint = driver.endpoint("both")
    route = Route("/a/{x}", endpoint, methods=["POST"])
    rejected = {"type": "websocket.close", "code": 1000, "reason": "Not Found"}
    assert (await driver.call(Router([route]), driver.websocket_scope("/a/1"))) == [rejected]
    endpoint.serves_websockets = True
    served = {"type": "websocket.close", "code": 4000, "reason": "both"}
    for app in (Router([Route("/a/{x}", endpoint, methods=["POST"])]), Route("/a/{x}", endpoint, methods=["POST"])):
        assert (await driver.call(app, driver.websocket_scope("/a/1"))) == [served]
        assert (await driver.call(app, driver.websocket_scope("/b/1"))) == [rejected]


def test_a_websocket_that_a_foreign_route_takes_in_part_has_no_method_to_be_asked_for() -> None:
    class Half(BaseRoute):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            return Match.PARTIAL, {}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None: ...

    router = Router([Half()], automatic_options=True)
    assert router.select({"type": "websocket", "path": "/", "headers": []}) is not None


def test_a_class_may_have_a_path_regex_of_its_own(driver: Any) -> None:
    class OfClass(Route):
        path_regex = re.compile("^/[ab]+$")  # type: ignore[assignment]

        def __init__(self) -> None:
            self.path = self.path_format = "/a"
            self.endpoint = self.app = Endpoint()
            self.param_convertors = {}

    class OfProperty(OfClass):
        @property
        def path_regex(self) -> re.Pattern[str]:  # type: ignore[override]
            return re.compile("^/[ab]+$")

    class Pattern:
        path_regex = OfClass.path_regex

    class OfMixin(Pattern, Route):  # type: ignore[misc]
        __init__ = OfClass.__init__

    for route in (OfClass(), OfProperty(), OfMixin()):
        app = Router([route]).select(driver.http_scope("/ba"))
        assert app is route.app
    set_again = OfClass()
    set_again._set_path("/c")
    assert set_again.path_regex.match("/c")
    assert Router([set_again]).select(driver.http_scope("/c")) is set_again.app

"""URLs from names: the exact inverse of matching."""

from __future__ import annotations

import datetime
import uuid
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st
from testkit import http_scope

from armillary.datastructures import HTTPConnection, URLPath
from armillary.routing import (
    BaseRoute,
    Host,
    Mount,
    NoMatchFound,
    PathParameterError,
    Route,
    Router,
    WebSocketRoute,
    compile_path,
)


class App:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


app = App()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "str": st.text(min_size=1).filter(lambda text: "/" not in text and text.isprintable() and text not in (".", "..")),
    "path": st.text().filter(
        lambda text: (
            "\n" not in text
            and all(not 0xD800 <= ord(c) < 0xE000 for c in text)
            and {".", ".."}.isdisjoint(text.split("/"))
        )
    ),
    "int": st.integers(min_value=0, max_value=10**40),
    "int(min=5, max=9)": st.integers(min_value=5, max_value=9),
    "float": st.floats(min_value=0, allow_infinity=False, allow_nan=False),
    "uuid": st.uuids(),
    "date": st.dates(),
    "regex([a-c]{2})": st.from_regex("[a-c]{2}", fullmatch=True),
}


@given(st.data())
def test_decoding_and_matching_a_reversed_url_gives_the_parameters_back(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(set(VALUES) - {"path"})), max_size=3))
    if data.draw(st.booleans()):
        kinds.append("path")
    template = "/x é" + "".join(f"/{{p{place}:{kind}}}" for place, kind in enumerate(kinds))
    router = Router([Mount("/{tenant}", name="m", routes=[Route(template, app, name="x")])])
    params = {f"p{place}": data.draw(VALUES[kind]) for place, kind in enumerate(kinds)}
    params["tenant"] = data.draw(VALUES["str"])
    url = router.url_path_for("m:x", **params)
    assert url.isascii()
    assert not {"?", "#", " ", "\r", "\n"} & set(url)
    assert not url.startswith(("//", "/\\"))
    scope: dict[str, Any] = {"type": "http", "path": unquote(url), "method": "GET", "headers": []}
    scoped: Any = router.select(scope)
    assert scoped.scope["path_params"] == params


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("str", ""),
        ("str", "a/b"),
        ("path", "a\nb"),
        ("int", -1),
        ("int(min=5)", 4),
        ("int(max=5)", 6),
        ("float", -0.5),
        ("float", float("nan")),
        ("float", float("inf")),
        ("uuid", "no"),
        ("regex([a-c]+)", "abd"),
    ],
)
def test_a_value_the_route_would_not_match_is_rejected(kind: str, value: Any) -> None:
    route = Route(f"/{{x:{kind}}}", app, name="x")
    with pytest.raises(PathParameterError):
        route.url_path_for("x", x=value)


@pytest.mark.parametrize(
    "path",
    ["/x/2026-02-31", "/x/9", "/x/" + "9" * 5000, "/y/1e5", "/y/" + "9" * 400, "/z/A", "/z/a", "/x/2026-01-01\n"],
)
def test_text_of_the_right_shape_that_is_no_value_does_not_match(path: str) -> None:
    routes = [
        Route("/x/{d:date}", app),
        Route("/x/{n:int(min=1,max=5)}", app),
        Route("/y/{f:float}", app),
        Route("/z/{c:regex([a-z]{2})}", app),
    ]
    router = Router(routes)
    scope = {"type": "http", "path": path, "method": "GET", "headers": []}
    assert router.select(scope) == router.default


def test_values_have_their_types() -> None:
    day, number = datetime.date(2026, 2, 3), uuid.uuid4()
    route = Route("/{d:date}/{u:uuid}/{f:float}", app, name="x")
    scope = {"type": "http", "path": route.url_path_for("x", d=day, u=number, f=1e-7), "method": "GET", "headers": []}
    assert route.matches(scope)[1]["path_params"] == {"d": day, "u": number, "f": 1e-7}


def test_names_nest_and_unnamed_mounts_are_transparent() -> None:
    inner = [Route("/u/{id:int}", app, name="user"), WebSocketRoute("/ws", app, name="ws")]
    router = Router(
        [
            Mount("/a", name="a", routes=[Mount("/b", name="b", routes=inner)]),
            Mount("/plain", routes=inner),
            Host("{t}.example.org:8000", Router(inner), name="host"),
            Mount("/static", app, name="static"),
        ]
    )
    assert router.url_path_for("a:b:user", id=1) == "/a/b/u/1"
    assert router.url_path_for("user", id=1) == "/plain/u/1"
    assert router.url_path_for("a:b:ws").protocol == "websocket"
    assert router.url_path_for("host:user", t="x", id=2).host == "x.example.org:8000"
    assert router.url_path_for("static", path="/css/a b.css") == "/static/css/a%20b.css"
    for name, params in [("a:user", {"id": 1}), ("user", {}), ("user", {"id": 1, "x": 2}), ("static", {}), ("", {})]:
        with pytest.raises(NoMatchFound):
            router.url_path_for(name, **params)


def test_a_missing_mount_parameter_is_no_url() -> None:
    router = Router([Mount("/{tenant}", routes=[Route("/users", app, name="users")])])
    with pytest.raises(NoMatchFound, match="users"):
        router.url_path_for("users")


@pytest.mark.parametrize("value", [".", ".."])
@pytest.mark.parametrize("raw_path", [False, True])
def test_a_value_that_makes_a_dot_segment_is_rejected(value: str, raw_path: bool) -> None:
    # Clients take such segments out of a path, encoded ones too: the URL would be that of another route.
    inner = [Route("/u/{a}", app, name="u"), Route("/w/{a}{b}", app, name="w"), Route("/s/.{a}", app, name="s")]
    router = Router([*inner, Mount("/f", app, name="f"), Mount("/{tenant}", routes=inner, name="m")], raw_path=raw_path)
    cases: list[tuple[str, dict[str, Any]]] = [
        ("u", {"a": value}),
        ("f", {"path": f"/css/{value}/secret"}),
        ("f", {"path": value}),
        ("m:u", {"tenant": value, "a": "x"}),
        ("m:u", {"tenant": "x", "a": value}),
    ]
    if value == "..":
        cases += [("w", {"a": ".", "b": "."}), ("s", {"a": "."})]
    for name, params in cases:
        with pytest.raises(PathParameterError, match="would lead elsewhere"):
            router.url_path_for(name, **params)
    assert router.url_path_for("u", a="..." + value) == f"/u/...{value}"
    assert router.url_path_for("u", a="%2E%2E") == "/u/%252E%252E"
    assert router.url_path_for("f", path="/.well-known/..x") == "/f/.well-known/..x"


def test_the_path_below_a_host_is_encoded_as_below_a_mount() -> None:
    host = Host("{t}.example.org", app, name="h")
    assert host.url_path_for("h", t="a", path="/a b") == "/a%20b"
    assert host.url_path_for("h", t="a", path="x") == "/x"
    assert host.url_path_for("h", t="a", path="//evil.example") == "/evil.example"
    with pytest.raises(PathParameterError, match="would lead elsewhere"):
        host.url_path_for("h", t="a", path="/../x")


def test_a_parameter_of_a_host_is_one_label() -> None:
    host = Host("{t}.example.org", app, name="h")
    scope = {"type": "http", "path": "/"}
    for name, params in [
        ("a.example.org", {"t": "a"}),
        ("A.example.org:80", {"t": "a"}),
        ("evil.org.example.org", None),
        ("a.b.example.org", None),
        (".example.org", None),
        ("example.org", None),
    ]:
        child = host.matches({**scope, "headers": [(b"host", name.encode())]})[1]
        assert child.get("path_params") == params, name
    with pytest.raises(PathParameterError, match="a parameter is one label"):
        host.url_path_for("h", t="a.b", path="/")
    assert host.url_path_for("h", t="A", path="/").host == "A.example.org"
    several = Host("{t:path}.example.org", app, name="h")
    assert several.matches({**scope, "headers": [(b"host", b"a.b.example.org")]})[1]["path_params"] == {"t": "a.b"}
    assert several.url_path_for("h", t="a.b", path="/").host == "a.b.example.org"


@pytest.mark.parametrize(
    ("requested", "expected"),
    [(b"www.example.org:8080", "http://a.example.org:8080/"), (b"www.example.org", "http://a.example.org/")],
)
def test_the_url_of_a_host_has_the_port_of_the_request(requested: bytes, expected: str) -> None:
    router = Router([Host("{tenant}.example.org", Router([Route("/", app, name="home")]), name="tenant")])
    scope = http_scope(path="/", headers=[(b"host", requested)], router=router)
    assert str(HTTPConnection(scope).url_for("tenant:home", tenant="a")) == expected


def test_a_host_parameter_cannot_smuggle_a_delimiter() -> None:
    router = Router([Host("{t}.example.org", app, name="h")])
    for value in ("evil.com?", "a@b", "a:80", "a#"):
        with pytest.raises(PathParameterError):
            router.url_path_for("h", t=value, path="/")


def test_of_two_routes_with_a_name_the_first_that_takes_the_parameters_is_meant() -> None:
    router = Router([Route("/a/{x}", app, name="n"), Route("/b", app, name="n"), Route("/c", app, name="n")])
    assert router.url_path_for("n") == "/b"
    assert router.url_path_for("n", x="1") == "/a/1"


def test_a_new_name_counts_once_the_route_is_put_into_the_list_again() -> None:
    route = Route("/a", app, name="old")
    router = Router([route])
    assert router.url_path_for("old") == "/a"
    route.name = "new"
    router.routes[0] = route
    assert router.url_path_for("new") == "/a"
    with pytest.raises(NoMatchFound):
        router.url_path_for("old")


def test_a_foreign_route_reverses_itself() -> None:
    class Foreign(BaseRoute):
        def url_path_for(self, name: str, /, **path_params: Any) -> Any:
            if name != "foreign":
                raise NoMatchFound(name, path_params)
            return "/foreign"

    assert Router([Foreign()]).url_path_for("foreign") == "/foreign"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/{id}/{id}", "Duplicated param name id at path /{id}/{id}"),
        ("/{id", "opens no parameter"),
        ("/{1d}", "opens no parameter"),
        ("/{id:what}", "unknown path convertor 'what'"),
        ("/{id:int(1)}", "min="),
        (
            "/{id:int(min=9,max=1)}",
            "parameter 'id' of '/{id:int(min=9,max=1)}': IntegerConvertor: minimum 9 is above max",
        ),
        ("/{id:int(min=x)}", "path: parameter 'id' of '/{id:int(min=x)}': IntegerConvertor takes numbers, got 'x'"),
        ("/{id:float(max=)}", "FloatConvertor takes numbers, got ''"),
        ("/id}", "the brace at character 3 of '/id}' closes no parameter"),
        ("/{id:str(3)}", "takes no arguments"),
        ("/{id:regex([a)}", "not closed"),
        ("/{id:regex((?P<x>a))}", "named group"),
        ("/{id:regex(*)}", "not a regular expression"),
        ("/{id:regex((?i)a)}", "make no regular expression together"),
        ("/{id:regex((?P<id>a))}", "make no regular expression together"),
        ("/u/<int:id>", "'<int:id>' in '/u/<int:id>' is a parameter of another framework; write '{id:int}'"),
        ("/u/<id>/x", "write '{id}'"),
        ("/u/<string:id>", "write '{id}'"),
        ("/u/<int(min=1):id>", "write '{id:int}'"),
        ("/u/:id", "':id' in '/u/:id' is a parameter of another framework; write '{id}'"),
        ("/{a}/:id/x", "write '{id}'"),
        ("<tenant>.example.org", "write '{tenant}'"),
    ],
)
def test_a_bad_template_is_rejected_with_a_sentence(path: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        compile_path(path)
    assert sentence in str(caught.value)


def test_stray_braces_can_be_text() -> None:
    assert compile_path("/{1d}", lenient=True)[0].match("/{1d}")
    for path in ("/u/<int:id>", "/u/:id", "/{a}}", "/{{a}}", "/{a"):
        assert compile_path(path, lenient=True)[0].match(path.replace("{a}", "x"))


@pytest.mark.parametrize("path", ["/v1/users:batchGet", "/{id}:cancel", "/a:b/c", "/x/:", "/x/:1", "/a<b", "/a>b"])
def test_colons_and_angle_brackets_that_are_no_parameter_are_text(path: str) -> None:
    assert Route(path, app).path_regex.match(path.replace("{id}", "7"))


def test_bad_arguments_are_rejected_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="path must start with '/'"):
        Route("users", app)
    with pytest.raises(TypeError, match="methods takes a list"):
        Route("/", app, methods="GET")
    with pytest.raises(TypeError, match="got 1 in it"):
        Route("/", app, methods=[1])  # type: ignore[list-item]
    for wrong in ("GET, POST", "", "GÉT"):
        with pytest.raises(ValueError, match="is not the name of a method"):
            Route("/", app, methods=[wrong])
    with pytest.raises(ValueError, match="the route of '/a' takes none; name some, or leave the argument out"):
        Route("/a", app, methods=[])
    with pytest.raises(TypeError, match="default takes a function or an ASGI application, got 5"):
        Router(default=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="one of the two"):
        Mount("/")
    for make in (Route, WebSocketRoute, Mount, Host):
        with pytest.raises(TypeError, match="takes a function or an ASGI application, got 'app'"):
            make("x" if make is Host else "/x", "app")  # type: ignore[operator]
    with pytest.raises(ValueError, match="use Mount for a path"):
        Host("/a", app)
    with pytest.raises(ValueError, match="max_body_size"):
        Route("/", app, max_body_size=-1)


def test_a_lone_surrogate_is_the_replacement_character_in_a_path(driver: Any) -> None:
    assert Router([Route("/{name}", driver.endpoint(), name="a")]).url_path_for("a", name="x\ud800") == "/x%EF%BF%BD"


@pytest.mark.parametrize("params", [{"id": 1, "page": 2}, {"page": 2, "id": 1}])
def test_the_hint_at_a_query_names_what_the_path_does_not_take(params: dict[str, Any]) -> None:
    router = Router([Route("/items/{id}", print, name="item")])
    with pytest.raises(NoMatchFound, match=r"takes id\. For a query write \.include_query_params\(page=\.\.\.\)"):
        router.url_path_for("item", **params)


def test_a_route_that_reverses_itself_may_reject_its_own_parameters() -> None:
    class Rejecting(Route):
        def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
            raise NoMatchFound(name, path_params)

    with pytest.raises(NoMatchFound, match=r"That route takes no parameter\.$"):
        Router([Rejecting("/", print, name="home")]).url_path_for("home")

"""The lifespans of an application and of those mounted in it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.routing import Host, Mount, Route, Router

pytestmark = pytest.mark.anyio


def logging_lifespan(log: list[str], name: str, state: dict[str, Any] | None = None, **failures: BaseException) -> Any:
    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        if "start" in failures:
            raise failures["start"]
        log.append(f"+{name}")
        try:
            yield state
        finally:
            await anyio.lowlevel.checkpoint()
            log.append(f"-{name}")
            if "stop" in failures:
                raise failures["stop"]

    return lifespan


class ForeignApp:
    """An application of another framework, which runs the protocol itself."""

    def __init__(self, log: list[str], name: str, state: dict[str, Any] | None = None) -> None:
        self.log, self.name, self.state = log, name, state or {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await JSONResponse({key: scope["state"].get(key) for key in ("a", "b")})(scope, receive, send)
            return
        assert (await receive())["type"] == "lifespan.startup"
        self.log.append(f"+{self.name}")
        scope["state"].update(self.state)
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.log.append(f"-{self.name}")
        await send({"type": "lifespan.shutdown.complete"})


async def show_state(request: Request) -> Response:
    return JSONResponse(dict(request.scope.get("state") or {}))


COMPLETE = ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def kinds(sent: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in sent]


async def test_a_lifespan_runs_around_the_connections(lifespan: Any) -> None:
    log: list[str] = []
    seen: list[Any] = []

    @asynccontextmanager
    async def own(app: Armillary) -> Any:
        seen.append(app)
        log.append("start")
        yield
        log.append("stop")

    app = Armillary(lifespan=own)
    assert kinds(await lifespan(app)) == COMPLETE
    assert (log, seen) == (["start", "stop"], [app])


async def test_what_a_lifespan_yields_is_the_state_of_each_connection(lifespan: Any) -> None:
    state: dict[str, Any] = {}
    await lifespan(Armillary(lifespan=logging_lifespan([], "app", {"count": 1})), state)
    assert state == {"count": 1}


async def test_mounted_applications_start_in_order_and_stop_in_reverse(lifespan: Any) -> None:
    log: list[str] = []
    shared = Armillary(lifespan=logging_lifespan(log, "shared"))
    nested = Armillary(
        lifespan=logging_lifespan(log, "nested"),
        routes=[
            Mount("/deep", Armillary(lifespan=logging_lifespan(log, "deep"))),
            Mount("/s", shared),
        ],
    )
    app = Armillary(
        lifespan=logging_lifespan(log, "app"),
        routes=[
            Mount("/one", Router(lifespan=logging_lifespan(log, "one"))),
            Mount("/foreign", ForeignApp(log, "foreign")),
            Mount("/nested", nested),
            Mount("/group", routes=[Mount("/shared", shared)]),
            Mount("/again", nested),
            Mount("/quiet", Armillary(lifespan=logging_lifespan(log, "quiet")), lifespan=False),
        ],
    )
    assert kinds(await lifespan(app)) == COMPLETE
    started = ["+app", "+one", "+foreign", "+nested", "+deep", "+shared"]
    assert log[:6] == started
    assert log[6:] == [name.replace("+", "-") for name in reversed(started)]


async def test_a_mounted_lifespan_runs_inside_middleware_too(lifespan: Any) -> None:
    log: list[str] = []

    class Around:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            log.append("in")
            await self.app(scope, receive, send)
            log.append("out")

    inner = Armillary(lifespan=logging_lifespan(log, "inner"))
    app = Armillary(middleware=[Middleware(Around)], routes=[Mount("/inner", inner)])
    await lifespan(app)
    assert log == ["in", "+inner", "-inner", "out"]


async def test_each_mounted_application_has_its_own_state(http: Any) -> None:
    inner = Armillary(routes=[Route("/", show_state)], lifespan=logging_lifespan([], "inner", {"db": "inner", "x": 1}))
    app = Armillary(
        routes=[Route("/", show_state), Mount("/inner", inner)],
        lifespan=logging_lifespan([], "app", {"db": "outer"}),
    )
    shared: dict[str, Any] = {}
    bodies: list[bytes] = []
    events = ["lifespan.startup", "lifespan.shutdown"]

    async def receive() -> Any:
        if len(events) == 1:
            for path in ("/", "/inner/", "/", "/inner/"):
                bodies.append((await http(app, path, state=dict(shared))).body)
        return {"type": events.pop(0)}

    async def send(message: Any) -> None:
        assert message["type"].endswith(".complete")

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": shared}, receive, send)
    assert bodies == [b'{"db":"outer"}', b'{"db":"inner","x":1}'] * 2


async def test_a_foreign_application_shares_the_state(lifespan: Any) -> None:
    state: dict[str, Any] = {}
    app = Armillary(
        lifespan=logging_lifespan([], "app", {"a": 1}),
        routes=[Mount("/foreign", ForeignApp([], "foreign", {"b": 2}))],
    )
    assert kinds(await lifespan(app, state)) == COMPLETE
    assert state == {"a": 1, "b": 2}


async def test_two_lifespans_storing_the_same_key_are_named(lifespan: Any) -> None:
    app = Armillary(
        lifespan=logging_lifespan([], "app", {"db": 1}),
        routes=[Mount("/foreign", ForeignApp([], "foreign", {"db": 2}))],
    )
    with pytest.raises(RuntimeError, match=r"two lifespans store 'db'.*the application itself.*mounted at '/foreign'"):
        await lifespan(app, {})


async def test_a_failed_start_is_named_and_undoes_what_had_started(lifespan: Any) -> None:
    log: list[str] = []
    error = RuntimeError("no database")
    app = Armillary(
        lifespan=logging_lifespan(log, "app"),
        routes=[
            Mount("/one", Armillary(lifespan=logging_lifespan(log, "one"))),
            Mount("/two", Armillary(lifespan=logging_lifespan(log, "two", start=error))),
            Mount("/three", Armillary(lifespan=logging_lifespan(log, "three"))),
        ],
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(RuntimeError) as caught:
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    assert caught.value is error
    assert error.__notes__[0].startswith("in the lifespan of the application mounted at '/two'")
    assert log == ["+app", "+one", "-one", "-app"]
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "no database" in sent[0]["message"]
    assert "mounted at '/two'" in sent[0]["message"]


async def test_a_failed_stop_is_named_and_the_others_stop_all_the_same(lifespan: Any) -> None:
    log: list[str] = []
    error = RuntimeError("cannot flush")
    app = Armillary(
        lifespan=logging_lifespan(log, "app"),
        routes=[
            Mount("/one", Armillary(lifespan=logging_lifespan(log, "one"))),
            Mount("/two", Armillary(lifespan=logging_lifespan(log, "two", stop=error))),
        ],
    )
    with pytest.raises(RuntimeError, match="cannot flush"):
        await lifespan(app)
    assert log == ["+app", "+one", "+two", "-two", "-one", "-app"]
    assert error.__notes__[0].startswith("in the lifespan of the application mounted at '/two'")


async def test_a_mounted_application_that_only_says_that_it_failed_is_named(lifespan: Any) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no licence"})

    with pytest.raises(RuntimeError, match="application mounted at '/x' failed: no licence"):
        await lifespan(Armillary(routes=[Mount("/x", failing)]))


async def test_a_mounted_application_that_returns_at_once_does_not_stop_the_others(lifespan: Any) -> None:
    log: list[str] = []

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return None

    app = Armillary(
        routes=[
            Mount("/silent", silent),
            Mount("/one", Armillary(lifespan=logging_lifespan(log, "one"))),
        ]
    )
    assert kinds(await lifespan(app)) == COMPLETE
    assert log == ["+one", "-one"]


async def test_cancel_scopes_left_open_by_lifespans_nest(lifespan: Any) -> None:
    def grouping(name: str, log: list[str]) -> Any:
        @asynccontextmanager
        async def own(app: Any) -> Any:
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep_forever)
                log.append(f"+{name}")
                yield
                log.append(f"-{name}")
                group.cancel_scope.cancel()

        return own

    log: list[str] = []
    app = Armillary(lifespan=grouping("app", log), routes=[Mount("/in", Armillary(lifespan=grouping("in", log)))])
    assert kinds(await lifespan(app)) == COMPLETE
    assert log == ["+app", "+in", "-in", "-app"]


async def test_a_router_inside_a_host_is_looked_through(lifespan: Any) -> None:
    log: list[str] = []
    below = Router([Mount("/x", Armillary(lifespan=logging_lifespan(log, "x")))])
    await lifespan(Armillary(routes=[Host("example.org", below)]))
    assert log == ["+x", "-x"]


async def test_a_server_without_state_gets_an_error_that_names_it(lifespan: Any) -> None:
    with pytest.raises(RuntimeError, match="does not support"):
        await lifespan(Armillary(lifespan=logging_lifespan([], "app", {"a": 1})))


@pytest.mark.parametrize("mounted", [False, True])
async def test_a_lifespan_that_swallows_an_exception_from_inside_does_not_hide_it(lifespan: Any, mounted: bool) -> None:
    @asynccontextmanager
    async def swallowing(app: Any) -> Any:
        try:
            yield
        except RuntimeError:
            pass

    broken = Mount("/broken", Armillary(lifespan=logging_lifespan([], "x", start=RuntimeError("no"))))
    inner = [Mount("/in", Armillary(lifespan=swallowing, routes=[broken]))] if mounted else [broken]
    with pytest.raises(RuntimeError, match="no"):
        await lifespan(Armillary(lifespan=swallowing, routes=inner))

"""Lifespans of routers and of what is mounted on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import pytest

from armillary.asgi_types import Middleware, scope_record
from armillary.routing import Host, Mount, MountedLifespan, Router

pytestmark = pytest.mark.anyio


class Shared(TypedDict):
    pool: str


def lifespan(log: list[str], name: str, state: Any = None, fail: str = "") -> Any:
    @asynccontextmanager
    async def run(app: Any) -> AsyncIterator[Any]:
        log.append(f"{name} starts")
        if fail == "start":
            raise RuntimeError(f"{name} broke")
        yield state
        log.append(f"{name} stops")
        if fail == "stop":
            raise RuntimeError(f"{name} broke")

    return run


async def live(app: Any, **keys: Any) -> tuple[list[Any], dict[str, Any]]:
    sent: list[Any] = []
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Any:
        return {"type": next(messages)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}, **keys}
    try:
        await app(scope, receive, send)
    except RuntimeError as exc:
        sent.append(exc)
    return sent, scope


async def test_state_reaches_the_scope_and_the_protocol_is_kept() -> None:
    log: list[str] = []
    sent, scope = await live(Router(lifespan=lifespan(log, "own", Shared(pool="p"))))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert scope["state"] == {"pool": "p"}
    assert log == ["own starts", "own stops"]


async def test_mounted_lifespans_run_in_order_and_stop_in_reverse() -> None:
    log: list[str] = []
    deep = Router(lifespan=lifespan(log, "deep"))
    first = Router([Mount("/deep", deep)], lifespan=lifespan(log, "first", {"first": 1}))
    second = Router(lifespan=lifespan(log, "second"))
    silent = Router(lifespan=lifespan(log, "silent"))
    router = Router(
        [
            Mount("/first", first),
            Mount("/plain", routes=[Mount("/second", second)]),
            Host("a.org", Router([Mount("/again", second)])),
            Mount("/silent", silent, lifespan=False),
            Host("b.org", Router(lifespan=lifespan([], "unheard")), lifespan=False),
        ],
        lifespan=lifespan(log, "own", {"own": 1}),
    )
    assert router.mounted_lifespans() == [
        MountedLifespan("/first", first),
        MountedLifespan("/plain/second", second),
    ]
    _, scope = await live(router)
    names = ["own", "first", "deep", "second"]
    assert log == [f"{name} starts" for name in names] + [f"{name} stops" for name in reversed(names)]
    assert scope["state"] == {"own": 1, "first": 1}


@pytest.mark.parametrize(
    ("stage", "failed"), [("start", "lifespan.startup.failed"), ("stop", "lifespan.shutdown.failed")]
)
async def test_a_failure_names_the_mount_and_stops_the_others(stage: str, failed: str) -> None:
    log: list[str] = []
    broken = Router(lifespan=lifespan(log, "broken", fail=stage))
    router = Router([Mount("/broken", broken)], lifespan=lifespan(log, "own"))
    sent, _ = await live(router)
    assert sent[-2]["type"] == failed
    assert "broken broke" in sent[-2]["message"]
    assert sent[-1].__notes__[0].startswith("in the lifespan of the application mounted at '/broken'")
    if stage == "stop":
        assert "broken stops" in log


async def test_what_an_application_above_runs_is_not_run_twice() -> None:
    log: list[str] = []
    mounted = Router(lifespan=lifespan(log, "mounted"))
    scope: dict[str, Any] = {}
    scope_record(scope)["lifespan_apps"] = [mounted]
    await live(Router([Mount("/m", mounted)]), **scope)
    assert log == []


class Foreign:
    """An application of another framework, which runs the protocol itself."""

    def __init__(self, log: list[str], state: dict[str, Any] | None = None) -> None:
        self.log, self.state = log, state or {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        self.log.append("foreign starts")
        scope["state"].update(self.state)
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.log.append("foreign stops")
        await send({"type": "lifespan.shutdown.complete"})


async def test_a_router_runs_the_lifespan_of_any_application() -> None:
    log: list[str] = []
    router = Router(
        [
            Mount("/foreign", Foreign(log, {"b": 2})),
            Mount("/x", Router(lifespan=lifespan(log, "x"))),
        ],
        lifespan=lifespan(log, "own", {"a": 1}),
    )
    sent, scope = await live(router)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert log == ["own starts", "foreign starts", "x starts", "x stops", "foreign stops", "own stops"]
    assert scope["state"] == {"a": 1, "b": 2}


async def test_two_lifespans_that_store_the_same_key_are_named() -> None:
    router = Router([Mount("/foreign", Foreign([], {"a": 2}))], lifespan=lifespan([], "own", {"a": 1}))
    sent, _ = await live(router)
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert "two lifespans store 'a'" in str(sent[-1])
    assert "the application mounted at '/foreign'" in str(sent[-1])


async def test_the_middleware_of_a_mounted_router_sees_its_lifespan() -> None:
    seen: list[str] = []

    class Seeing:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["type"])
            await self.app(scope, receive, send)

    mounted = Router(middleware=[Middleware(Seeing)], lifespan=lifespan(seen, "mounted"))
    await live(Router([Mount("/m", mounted)]))
    assert seen == ["lifespan", "mounted starts", "mounted stops"]


async def test_a_server_without_state_is_an_error() -> None:
    router = Router(lifespan=lifespan([], "own", {"a": 1}))

    async def without_state(scope: Any, receive: Any, send: Any) -> None:
        del scope["state"]
        await router(scope, receive, send)

    sent, _ = await live(without_state)
    assert 'does not support "state"' in str(sent[-1])


async def test_a_lifespan_that_yields_no_mapping_is_an_error() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(TypeError, match="yields nothing or a mapping"):
        await Router(lifespan=lifespan([], "own", 7))({"type": "lifespan", "state": {}}, receive, send)
    assert sent[0]["type"] == "lifespan.startup.failed"


async def test_a_generator_is_no_lifespan() -> None:
    async def generator(app: Any) -> AsyncIterator[None]:
        yield

    with pytest.raises(TypeError, match="asynccontextmanager"):
        Router(lifespan=generator)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes a function"):
        Router(lifespan=7)  # type: ignore[arg-type]


class WithoutLifespan:
    """An application that knows requests alone, as that of Django does."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")


async def respond_to_all(scope: Any, receive: Any, send: Any) -> None:
    """Take every scope for that of a request, as a tutorial's application does."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_of_generators_within_a_lifespan_the_one_that_yields_twice_is_named() -> None:
    @asynccontextmanager
    async def pool() -> AsyncIterator[None]:
        yield
        yield

    @asynccontextmanager
    async def run(app: Any) -> AsyncIterator[None]:
        async with pool():
            yield

    sent, _ = await live(Router(lifespan=run))
    assert [note.partition(" (")[0] for note in sent[-1].__notes__] == ["In the lifespan, pool"]


@pytest.mark.parametrize("silent", [WithoutLifespan(), respond_to_all])
async def test_an_application_without_lifespan_does_not_hinder_the_others(silent: Any) -> None:
    log: list[str] = []
    routes = [Mount("/silent", silent), Mount("/x", Router(lifespan=lifespan(log, "x")))]
    sent, _ = await live(Router(routes, lifespan=lifespan(log, "own")))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert log == ["own starts", "x starts", "x stops", "own stops"]


async def test_a_lifespan_that_is_required_and_missing_is_an_error() -> None:
    sent, _ = await live(Router([Mount("/silent", WithoutLifespan(), lifespan=True)]))
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert str(sent[-1]) == "no lifespan here"


async def test_what_an_application_raises_after_it_has_started_is_raised() -> None:
    class Breaks(Foreign):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            raise RuntimeError("broke")

    sent, _ = await live(Router([Mount("/breaks", Breaks([]))]))
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert (str(sent[-1]), sent[-1].__notes__) == ("broke", ["in the lifespan of the application mounted at '/breaks'"])


async def test_a_lifespan_that_the_one_above_runs_already_names_the_mount_and_the_option() -> None:
    class Once:
        def __init__(self) -> None:
            self.count = 0

        @asynccontextmanager
        async def run(self, app: Any) -> AsyncIterator[None]:
            self.count += 1
            if self.count > 1:
                raise RuntimeError(".run() can only be called once")
            yield

    once = Once()
    mcp = Router(lifespan=once.run)
    sent, _ = await live(Router([Mount("/mcp", mcp)], lifespan=once.run))
    assert "write Mount('/mcp', ..., lifespan=False)" in sent[-1].__notes__[0]
    once.count = 0
    sent, _ = await live(Router([Mount("/mcp", mcp, lifespan=False)], lifespan=once.run))
    assert sent[0]["type"] == "lifespan.startup.complete"


async def test_an_application_that_waits_for_a_disconnect_ends_with_the_others() -> None:
    async def deaf(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    sent, _ = await live(Router([Mount("/deaf", deaf)]))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

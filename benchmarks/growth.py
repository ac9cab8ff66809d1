"""How costs grow: with routes, mounts, headers and input, and what a connection that waits holds in memory.

python benchmarks/growth.py    every table, in about a minute

Times are the least processor time of several rounds. Memory is what tracemalloc counts, so that of Python alone, for
connections that wait in one process without a server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from frame import Application, BenchmarkRequest, clock, receiver

ROUNDS = 7
WAITING = 1000
"""Connections that wait at the same time."""


def least(work: Callable[[], Any], repeats: int = 1) -> float:
    """Return the least seconds that a work takes."""
    found = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        begin = clock()
        for _ in range(repeats):
            work()
        found = min(found, (clock() - begin) / repeats)
    return found


async def _send(message: Any) -> None:
    return None


def request_seconds(application: Application, request: BenchmarkRequest, repeats: int = 2000) -> float:
    """Return the seconds of a request."""
    fresh = receiver(request)

    async def serve() -> None:
        base = request.scope()
        for _ in range(repeats):
            await application({**base}, fresh(), _send)

    with asyncio.Runner() as runner:
        return least(lambda: runner.run(serve())) / repeats


def _modules() -> Iterator[tuple[str, Any, Any, Any, Any]]:
    from starlette import applications, responses, routing

    from armillary import applications as our_applications, http, routing as our_routing

    yield "armillary", our_applications.Armillary, our_routing.Route, our_routing.Mount, http.PlainTextResponse
    yield "starlette", applications.Starlette, routing.Route, routing.Mount, responses.PlainTextResponse


def _endpoint(response: Any) -> Callable[[Any], Awaitable[Any]]:
    async def found(request: Any) -> Any:
        return response("found")

    return found


def routes_and_mounts() -> None:
    """Print what a request takes in tables of several sizes, below several mounts, and with headers nobody reads."""
    for name, application, route, mount, response in _modules():
        sizes = [10, 100, 1000, 10_000] if name == "armillary" else [10, 100, 1000]
        found = _endpoint(response)
        tables = {size: [route(f"/items{at}/{{key}}/detail", found) for at in range(size)] for size in sizes}

        last = [
            request_seconds(application(routes=routes), BenchmarkRequest(f"/items{size - 1}/a/detail"), 200)
            for size, routes in tables.items()
        ]
        print(f"{name:10} last of {sizes} routes, µs: {[round(1e6 * each, 1) for each in last]}")
        deep = []
        for depth in (1, 17):
            routes = [route("/end", found)]
            for _ in range(depth):
                routes = [mount("/a", routes=routes)]
            deep.append(request_seconds(application(routes=routes), BenchmarkRequest("/a" * depth + "/end"), 300))
        print(f"{name:10} each mount more: {1e6 * (deep[1] - deep[0]) / 16:.2f} µs")
        plain = application(routes=[route("/", found)])
        headers = tuple((f"x-header-{at}".encode(), b"value") for at in range(1000))
        few, many = (request_seconds(plain, BenchmarkRequest(headers=sent)) for sent in ((), headers))
        print(f"{name:10} each header that is not read: {1e9 * (many - few) / 1000:.2f} ns")


def index() -> None:
    """Print what the first request to 10,000 routes takes, as a share of constructing them."""
    from armillary.http import PlainTextResponse
    from armillary.routing import Route, Router

    found = _endpoint(PlainTextResponse)

    def construct() -> list[Route]:
        return [Route(f"/items{at}/{{key}}/detail", found) for at in range(10_000)]

    built = least(construct)
    first: list[float] = []
    for _ in range(ROUNDS):
        router = Router(construct())
        gc.collect()
        begin = clock()
        router.select(BenchmarkRequest("/items9999/a/detail").scope())
        first.append(clock() - begin)
    print(f"index of 10,000 routes: {min(first) / built:.2f} of constructing them ({1e3 * built:.0f} ms)")


def parsers() -> None:
    """Print how the work of each parser grows when its input is 16 times as long."""
    from armillary.datastructures import parse_accept, parse_cookies, parse_etags, parse_forwarded, parse_query
    from armillary.http import Request
    from armillary.serialization import decode_json

    def form(body: bytes, media_type: bytes) -> Any:
        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]
        scope = {"type": "http", "method": "POST", "headers": headers, "path": "/", "query_string": b""}

        async def read() -> None:
            async with Request(scope, receive).form(max_fields=100_000, max_files=100_000):
                pass

        asyncio.run(read())

    part = b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'
    works: dict[str, tuple[int, Callable[[int], Any], Callable[[Any], Any]]] = {
        "Accept": (500, lambda count: ", ".join(["text/html;q=0.5"] * count), parse_accept),
        "cookies": (500, lambda count: "; ".join(f"a{at}=b" for at in range(count)), parse_cookies),
        "entity tags": (500, lambda count: ", ".join(['"a"'] * count), parse_etags),
        "Forwarded": (300, lambda count: ", ".join(["for=1.2.3.4"] * count), parse_forwarded),
        "query": (50, lambda count: "&".join(f"a{at}=b%20c" for at in range(count)), parse_query),
        "JSON": (2000, lambda count: json.dumps([{"a": 1}] * count).encode(), decode_json),
        "urlencoded": (
            500,
            lambda count: b"&".join(b"a%d=b+c" % at for at in range(count)),
            lambda body: form(body, b"application/x-www-form-urlencoded"),
        ),
        "multipart": (
            200,
            lambda count: part * count + b"--boundary--\r\n",
            lambda body: form(body, b"multipart/form-data; boundary=boundary"),
        ),
    }
    for name, (count, make, parse) in works.items():
        once, longer = (least(partial(parse, make(times * count))) for times in (1, 16))
        print(f"{name:12} 16 times the input takes {longer / once:5.1f} times the work")


async def _held(application: Application, scope: Callable[[], Any], first: list[Any]) -> float:
    """Return the bytes of each connection that waits."""

    def serve() -> Awaitable[None]:
        messages = iter(first)
        waits = asyncio.Event()

        async def receive() -> Any:
            for message in messages:
                return message
            await waits.wait()
            raise AssertionError("the client disconnected")

        return application(scope(), receive, _send)

    warm = [asyncio.ensure_future(serve()) for _ in range(50)]
    await asyncio.sleep(0.1)
    gc.collect()
    tracemalloc.start()
    tasks = [asyncio.ensure_future(serve()) for _ in range(WAITING)]
    for _ in range(20):
        await asyncio.sleep(0.01)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / WAITING
    tracemalloc.stop()
    for task in [*warm, *tasks]:
        task.cancel()
    await asyncio.gather(*warm, *tasks, return_exceptions=True)
    return held


def memory() -> None:
    """Print the bytes of a connection that waits: an idle WebSocket, a request in flight, a client of events."""
    from sse_starlette import EventSourceResponse
    from starlette import routing as their_routing

    from armillary import http, routing as our_routing

    def program(application: Any, routing: Any, response: Any, events: Any) -> Application:
        async def hold(websocket: Any) -> None:
            await websocket.accept()
            async for _ in websocket.iter_text():
                pass

        async def wait(request: Any) -> Any:
            await asyncio.Event().wait()
            return response("never")

        async def source() -> Any:
            yield {"data": "first"} if events is EventSourceResponse else "first"
            await asyncio.Event().wait()

        async def stream(request: Any) -> Any:
            return events(source())

        routes = [routing.Route("/wait", wait), routing.Route("/events", stream)]
        return application(routes=[*routes, routing.WebSocketRoute("/hold", hold)])  # type: ignore[no-any-return]

    made = {
        name: program(application, routing, response, events)
        for (name, application, _, _, response), routing, events in zip(
            _modules(), (our_routing, their_routing), (http.EventSourceResponse, EventSourceResponse), strict=True
        )
    }
    body = [{"type": "http.request", "body": b"", "more_body": False}]

    def websocket() -> Any:
        return {**BenchmarkRequest("/hold").scope(), "type": "websocket", "scheme": "ws", "subprotocols": []}

    cases: dict[str, tuple[Callable[[], Any], list[Any]]] = {
        "an idle WebSocket": (websocket, [{"type": "websocket.connect"}]),
        "a request in flight": (BenchmarkRequest("/wait").scope, body),
        "a client of events": (BenchmarkRequest("/events").scope, body),
    }
    for case, (scope, first) in cases.items():
        held = {name: asyncio.run(_held(application, scope, first)) for name, application in made.items()}
        print(f"{case:20} {', '.join(f'{name} {each:,.0f} bytes' for name, each in held.items())}")


def main() -> None:
    """Print all tables."""
    for table in (routes_and_mounts, index, parsers, memory):
        table()


if __name__ == "__main__":
    main()

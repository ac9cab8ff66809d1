"""Time per request of several applications, side by side in one process.

Every contestant gets a fresh copy of the same scope and the same channels. Rounds are
interleaved, so that a slow moment of the machine falls on all of them alike, and what is
compared is the overhead: the time of a request less that of a bare ASGI callable which sends
the same response, taken round by round and then the median of the rounds.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from statistics import median
from time import get_clock_info, perf_counter, thread_time
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

clock = thread_time if get_clock_info("thread_time").resolution <= 1e-6 else perf_counter
"""Processor time if the system measures it finely, since it excludes other programs' work."""

BARE = "bare"
"""The contestant whose time is subtracted from all others."""


@dataclass(frozen=True)
class BenchmarkRequest:
    """One request, and the response every contestant must send to it.

    `bodies` are the request's chunks. `expected` is the whole response body; None accepts any.
    `client_stays` lets `receive` wait for ever after the body, as a server's does, for responses that
    watch for a disconnect.
    """

    path: str = "/"
    method: str = "GET"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    bodies: tuple[bytes, ...] = (b"",)
    status: int = 200
    expected: bytes | None = None
    client_stays: bool = False

    def scope(self) -> dict[str, Any]:
        """Return a scope as a server would make it."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "root_path": "",
            "headers": [
                (b"host", b"127.0.0.1:8000"),
                (b"accept", b"*/*"),
                (b"user-agent", b"bench"),
                *self.headers,
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }


@dataclass
class Contest:
    """The same request handled by several applications, by the contestant's name."""

    request: BenchmarkRequest
    applications: dict[str, Application]
    start: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)


async def _send(message: Message) -> None:
    return None


def receiver(request: BenchmarkRequest) -> Callable[[], Callable[[], Awaitable[Message]]]:
    """Return a maker of `receive` channels, as cheap as the request allows."""
    bodies = request.bodies
    if request.client_stays:
        return _staying
    if len(bodies) == 1:
        only = {"type": "http.request", "body": bodies[0], "more_body": False}

        async def receive_only() -> Message:
            return only

        return lambda: receive_only

    last = len(bodies) - 1
    messages = [{"type": "http.request", "body": body, "more_body": at < last} for at, body in enumerate(bodies)]

    def fresh() -> Callable[[], Awaitable[Message]]:
        following = iter(messages).__next__

        async def receive_next() -> Message:
            return following()

        return receive_next

    return fresh


def _staying() -> Callable[[], Awaitable[Message]]:
    """Return the `receive` of a client that sent no body and does not disconnect."""
    first = True

    async def receive_or_wait() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError("the client disconnected")

    return receive_or_wait


async def verify(name: str, application: Application, request: BenchmarkRequest) -> None:
    """Raise unless the application sends the expected response."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(dict(message))

    await application(request.scope(), receiver(request)(), keep)
    status = sent[0]["status"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if status != request.status or (request.expected is not None and body != request.expected):
        raise AssertionError(f"{name} responded to {request.method} {request.path} with {status} {body[:100]!r}")


async def _time_round(application: Application, request: BenchmarkRequest, repeats: int) -> float:
    base = request.scope()
    fresh = receiver(request)
    send = _send
    begin = clock()
    for _ in range(repeats):
        await application({**base}, fresh(), send)
    return (clock() - begin) / repeats


async def _repeats(application: Application, request: BenchmarkRequest, seconds: float) -> int:
    await _time_round(application, request, 50)
    once = await _time_round(application, request, 50)
    return max(10, int(seconds / once))


async def run_contest(contest: Contest, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Time every contestant.

    Args:
        contest: the request and its applications.
        rounds: how often each contestant is timed.
        seconds: about how long one timing takes.

    Returns:
        Seconds per request of each round, by contestant.
    """
    for start in contest.start.values():
        await start()
    repeats: dict[str, int] = {}
    for name, application in contest.applications.items():
        await verify(name, application, contest.request)
        repeats[name] = await _repeats(application, contest.request, seconds)
    times: dict[str, list[float]] = {name: [] for name in contest.applications}
    for _ in range(rounds):
        for name, application in contest.applications.items():
            gc.collect()
            times[name].append(await _time_round(application, contest.request, repeats[name]))
    return times


def overheads(times: dict[str, list[float]]) -> dict[str, float]:
    """Return each contestant's median overhead over the bare callable, in seconds."""
    bare = times[BARE]
    return {
        name: median(own - least for own, least in zip(rounds, bare, strict=True))
        for name, rounds in times.items()
        if name != BARE
    }


def run(contest: Contest, rounds: int = 15, seconds: float = 0.03) -> dict[str, float]:
    """Time a contest on a fresh event loop and return the overheads, with the bare callable's own time.

    Returns:
        Seconds by contestant; under the name of the bare callable, its time per request.
    """
    times = asyncio.run(run_contest(contest, rounds, seconds))
    return {BARE: median(times[BARE]), **overheads(times)}


def bare_application(body: bytes, content_type: bytes, status: int = 200) -> Application:
    """Return a callable that sends one constant response."""
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", content_type)]

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare

"""Time per request of several applications, side by side in one process.

Every contestant gets a fresh copy of the same scope and the same channels. Rounds are
interleaved, so that a slow moment of the machine falls on all of them alike, and what is
compared is the overhead: the time of a request less that of a bare ASGI callable which sends
the same response, taken round by round and then the median of the rounds.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from time import get_clock_info, perf_counter, thread_time
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

clock = thread_time if get_clock_info("thread_time").resolution <= 1e-6 else perf_counter
"""Processor time if the system measures it finely, since it excludes other programs' work."""

BARE = "bare"
"""The contestant whose time is subtracted from all others."""


@dataclass(frozen=True)
class BenchmarkRequest:
    """One request, and the response every contestant must send to it.

    `bodies` are the request's chunks. `expected` is the whole response body; None accepts any that all contestants
    agree on. `client_stays` lets `receive` wait after the body until the response was sent, as a server's does, for
    applications that watch for a disconnect.
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


@dataclass(frozen=True)
class BenchmarkResponse:
    """What an application sent: its status, its media type without parameters, and its body."""

    status: int
    media_type: bytes
    body: bytes


def whole(response: BenchmarkResponse) -> Any:
    """Return what must be the same in two responses: the body, and that of two frameworks its media type as well."""
    return response.body


def json_value(response: BenchmarkResponse) -> Any:
    """Likewise, if the body is a JSON document, which may have spaces."""
    return json.loads(response.body)


def events(response: BenchmarkResponse) -> Any:
    """Likewise, if the body is a stream of server-sent events, which may be written in several ways."""
    blocks = response.body.replace(b"\r\n", b"\n").strip().split(b"\n\n")
    return [sorted(line.replace(b": ", b":", 1) for line in block.split(b"\n")) for block in blocks]


def status_alone(response: BenchmarkResponse) -> Any:
    """Likewise, if each framework words the body in its own way."""
    return response.status


class ResponsesDiffer(Exception):
    """The contestants do not do the same work, so their times are not compared."""


LONGEST = 60
"""Seconds that a contestant may take for its first response, or for a round of them."""


@asynccontextmanager
async def bounded(name: str, request: BenchmarkRequest) -> AsyncIterator[None]:
    """Let a contestant respond inside; one that waits for what never comes would hold up the whole run.

    Raises:
        ResponsesDiffer: it has not come to its end after `LONGEST` seconds.
    """
    try:
        async with asyncio.timeout(LONGEST):
            yield
    except TimeoutError:
        what = f"{request.method} {request.path}"
        raise ResponsesDiffer(f"{name} has not come to the end of {what} after {LONGEST} seconds") from None


@dataclass
class Contest:
    """The same request handled by several applications, by the contestant's name.

    `compared` returns what must be the same in all responses, besides the status and, except of the bare callable, the
    media type.
    """

    request: BenchmarkRequest
    applications: dict[str, Application]
    compared: Callable[[BenchmarkResponse], Any] = whole
    start: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)


async def _send(message: Message) -> None:
    return None


def receiver(request: BenchmarkRequest) -> Callable[..., Receive]:
    """Return a maker of `receive` channels, as cheap as the request allows.

    The maker of a request whose client stays takes the event to wait for before it says that the client has left;
    without one the channel waits for ever.
    """
    bodies = request.bodies
    if len(bodies) == 1 and not request.client_stays:
        only = {"type": "http.request", "body": bodies[0], "more_body": False}

        async def receive_only() -> Message:
            return only

        return lambda: receive_only

    last = len(bodies) - 1
    messages = [{"type": "http.request", "body": body, "more_body": at < last} for at, body in enumerate(bodies)]

    def fresh(responded: asyncio.Event | None = None) -> Receive:
        following = iter(messages)

        async def receive_next() -> Message:
            for message in following:
                return message
            await (responded or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        return receive_next

    return fresh


def channels(request: BenchmarkRequest) -> Callable[[], tuple[Receive, Send]]:
    """Return a maker of `receive` and `send`, as cheap as the request allows."""
    fresh = receiver(request)
    if not request.client_stays:
        return lambda: (fresh(), _send)

    def connected() -> tuple[Receive, Send]:
        responded = asyncio.Event()

        async def send(message: Message) -> None:
            if "body" in message and not message.get("more_body"):
                responded.set()

        return fresh(responded), send

    return connected


async def respond(application: Application, request: BenchmarkRequest) -> BenchmarkResponse:
    """Return what an application sends."""
    sent: list[Message] = []
    receive, send = channels(request)()

    async def keep(message: Message) -> None:
        sent.append(dict(message))
        await send(message)

    await application(request.scope(), receive, keep)
    headers = {name.lower(): value for name, value in sent[0].get("headers", ())}
    media_type = headers.get(b"content-type", b"").partition(b";")[0]
    return BenchmarkResponse(sent[0]["status"], media_type, b"".join(message.get("body", b"") for message in sent[1:]))


async def verify(name: str, application: Application, request: BenchmarkRequest) -> BenchmarkResponse:
    """Return the response of an application.

    Raises:
        ResponsesDiffer: it is not the expected one.
    """
    response = await respond(application, request)
    if response.status != request.status or (request.expected is not None and response.body != request.expected):
        raise ResponsesDiffer(f"{name} responded to {request.method} {request.path} with {response}")
    return response


async def verify_all(contest: Contest) -> None:
    """Raise `ResponsesDiffer` unless all contestants send the same response, and come to its end."""
    bare = await verify(BARE, contest.applications[BARE], contest.request)
    media_types: dict[bytes, str] = {}
    for name, application in contest.applications.items():
        async with bounded(name, contest.request):
            response = await verify(name, application, contest.request)
        if contest.compared(response) != contest.compared(bare):
            raise ResponsesDiffer(f"{name} sends {str(response)[:300]}, and {BARE} {str(bare)[:300]}")
        if name != BARE and contest.compared is not status_alone:
            media_types[response.media_type] = name
    if len(media_types) > 1:
        raise ResponsesDiffer(f"the media types of {contest.request.path} differ: {media_types}")


async def _time_round(application: Application, request: BenchmarkRequest, repeats: int) -> float:
    base = request.scope()
    connected = channels(request)
    begin = clock()
    for _ in range(repeats):
        await application({**base}, *connected())
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

    Raises:
        ResponsesDiffer: the contestants do not send the same response.
    """
    for start in contest.start.values():
        await start()
    repeats: dict[str, int] = {}
    await verify_all(contest)
    for name, application in contest.applications.items():
        async with bounded(name, contest.request):
            repeats[name] = await _repeats(application, contest.request, seconds)
    times: dict[str, list[float]] = {name: [] for name in contest.applications}
    for _ in range(rounds):
        for name, application in contest.applications.items():
            gc.collect()
            async with bounded(name, contest.request):
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

"""All faults of all requests, one after the other.

Each request runs without a fault first, which counts its sends, receives and suspensions. Then it runs once for each
place at which something can happen:

    the client leaves           before each send, at each receive; under ASGI 2.3, and under 2.4 where sends raise then
    the connection breaks       each send raises OSError, each receive raises OSError
    the network is silent       each send never returns, until the server cancels
    the server cancels          at each suspension: natively, on asyncio, and by a cancel scope
"""

from __future__ import annotations

import gc
import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import count
from os import getpid
from typing import NamedTuple

from armillary.asgi_types import ASGIApp

from ._leaks import Leftovers, TaskCount, TaskFactory, Unhandled, leaked_gauges
from ._network import Fault, Network
from ._report import FaultReport, FaultRun
from ._request import FaultRequest
from ._run import CancelWay, Outcome, Runner

FaultCheck = Callable[[FaultRun], "str | Awaitable[str | None] | None"]

_MAX_HANGS = 3  # or leaks, of one kind of fault, each of which costs `seconds`
_run_numbers = count(1)


class _Case(NamedTuple):
    fault: Fault
    spec_version: str
    cancel_at: int | None = None
    way: CancelWay = "scope"

    def __str__(self) -> str:
        if self.cancel_at is not None:
            return f"cancelled by a {self.way} at suspension {self.cancel_at + 1}, ASGI {self.spec_version}"
        return str(self.fault) if self.fault.kind == "none" else f"{self.fault}, ASGI {self.spec_version}"

    @property
    def family(self) -> str:
        return self.way if self.cancel_at is not None else self.fault.kind


async def enumerate_faults(
    app: ASGIApp,
    requests: Iterable[FaultRequest],
    *,
    check: FaultCheck | None = None,
    gauges: Mapping[str, Callable[[], float]] | None = None,
    seconds: float = 3.0,
    max_suspensions: int = 400,
) -> FaultReport:
    """Make each request again and again, with one fault at a time at every place there is, and report what goes wrong.

    It runs on the event loop of the caller, asyncio or trio, which nothing else should use meanwhile.

    Args:
        app: any ASGI application, whose lifespan has been started.
        requests: what to send.
        check: called after each run with what the client saw; returns a sentence for something wrong, such as an
            acknowledged write that is not stored, or None. May be async.
        gauges: numbers that must be back where they were after each run, by name, such as
            `{"connections": engine.pool.checkedout}`.
        seconds: how long a run may take after its fault before it counts as a hang, and what it leaves to end before it
            counts as a leak.
        max_suspensions: suspensions at which a request is cancelled, at most.

    Returns:
        A `FaultReport`; `report.raise_findings()` fails a test.

    Raises:
        ValueError: `seconds` is not above 0.
    """
    if not seconds > 0:
        raise ValueError(f"enumerate_faults needs seconds above 0, got {seconds!r}")
    report = FaultReport()
    runner = Runner(seconds)
    enumeration = _Enumeration(app, report, check, gauges or {}, runner)
    with Unhandled(runner.is_on_trio) as unhandled, TaskFactory(runner.is_on_trio):
        enumeration.unhandled = unhandled
        gc.collect()
        unhandled.take()  # the garbage of what ran before
        for request in requests:
            await enumeration.all_of(request, max_suspensions)
    return report


class _Enumeration:
    unhandled: Unhandled

    def __init__(
        self,
        app: ASGIApp,
        report: FaultReport,
        check: FaultCheck | None,
        gauges: Mapping[str, Callable[[], float]],
        runner: Runner,
    ) -> None:
        self.app = app
        self.report = report
        self.check = check
        self.gauges = gauges
        self.runner = runner

    async def all_of(self, request: FaultRequest, max_suspensions: int) -> None:
        """Run one request with every fault."""
        undisturbed = _Case(Fault(), "2.4")
        await self.one(request, undisturbed)  # what is set up once, such as an idle thread, is no leak
        network, outcome = await self.one(request, undisturbed)
        if outcome.hung is not None:
            return
        leftovers = Leftovers()
        hangs: Counter[str] = Counter()
        for case in self.cases(request, network, min(outcome.steps + 1, max_suspensions)):
            if hangs[case.family] < _MAX_HANGS:
                _, ended = await self.one(request, case)
                hangs[case.family] += ended.hung is not None or ended.leaked
        for kind, detail in await leftovers.found(self.runner.seconds):
            self.report.add(request, "all faults", kind, detail)
        for detail in self.unhandled.take():  # known only now that the garbage was collected
            self.report.add(request, "all faults", "unhandled", detail)
        afterwards, _ = await self.one(request, undisturbed)
        if (afterwards.status, afterwards.complete) != (network.status, network.complete):
            detail = f"status {network.status} before all faults, {afterwards.status} after them"
            self.report.add(request, "none", "afterwards", detail)

    def cases(self, request: FaultRequest, network: Network, suspensions: int) -> Iterator[_Case]:
        """Yield every fault of a request whose undisturbed run is known."""
        ways: tuple[CancelWay, ...] = ("scope",) if self.runner.is_on_trio else ("task", "scope")
        sends, receives = range(network.sends + 1), range(network.receives + 1)
        for version in ("2.4",) if request.is_websocket else ("2.4", "2.3"):
            yield from (_Case(Fault("disconnect before send", at), version) for at in sends)
            yield from (_Case(Fault("disconnect at receive", at), version) for at in receives)
            yield from (_Case(Fault("send", at), version) for at in sends)
            yield from (_Case(Fault("receive", at), version) for at in receives)
            yield from (_Case(Fault("silence", at), version) for at in sends)
            yield from (_Case(Fault(), version, at, way) for way in ways for at in range(suspensions))

    async def one(self, request: FaultRequest, case: _Case) -> tuple[Network, Outcome]:
        """Run one request with one fault, and add what is wrong to the report."""
        report = self.report
        report.runs += 1
        run_id = f"{getpid()}-{next(_run_numbers)}"
        network = Network(request, case.fault, case.spec_version)
        before = {name: gauge() for name, gauge in self.gauges.items()}
        scope = request.scope(case.spec_version, run_id)

        async def call() -> None:
            await self.app(scope, network.receive, network.send)

        stop_when = (lambda: network.silent) if case.fault.kind == "silence" else None
        with TaskCount(self.runner.is_on_trio) as tasks:
            outcome = await self.runner.run(call, case.cancel_at, case.way, stop_when)

        def add(kind: str, detail: str) -> None:
            report.add(request, str(case), kind, detail)

        if outcome.hung is not None:
            add("hang", f"it waits at {outcome.hung}{' and cannot be cancelled' if outcome.survived else ''}")
        for kind, detail in _wrong_endings(network, outcome, case):
            add(kind, detail)
        leaked = await tasks.leaked(self.runner.seconds)
        if leaked is not None:
            add("leaked task", leaked)
        still_higher = await leaked_gauges(self.gauges, before, self.runner.seconds)
        for detail in still_higher:
            add("leak", detail)
        outcome.leaked = leaked is not None or bool(still_higher)
        for detail in self.unhandled.take():
            add("unhandled", detail)
        if self.check is not None:
            run = FaultRun(
                *(request, str(case), run_id, network.status, network.complete, outcome.exception, outcome.cancelled)
            )
            verdict = self.check(run)
            sentence = await verdict if inspect.isawaitable(verdict) else verdict
            if sentence is not None:
                add("check", sentence)
        report.outcomes[request.name, _ending(network, outcome)] += 1
        return network, outcome


def _wrong_endings(network: Network, outcome: Outcome, case: _Case) -> Iterator[tuple[str, str]]:
    if network.is_half:
        yield "half response", f"{network.body_size} of {network.declared} bytes, passed off as whole"
    ended_by_itself = outcome.hung is None and outcome.exception is None and not outcome.cancelled
    if not ended_by_itself or network.complete or network.has_left:
        return
    if outcome.fired:
        yield "swallowed cancellation", "it was cancelled, and returned as if it had not been"
    elif case.fault.kind == "none":
        yield "no response", "it returned, and the response is not complete"


def _ending(network: Network, outcome: Outcome) -> str:
    if outcome.exception is not None:
        return f"raised {type(outcome.exception).__name__}"
    if outcome.cancelled:
        return "cancelled"
    return f"status {network.status}, {'complete' if network.complete else 'incomplete'}"

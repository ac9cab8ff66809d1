"""What the runs have shown."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ._request import FaultRequest


class FaultRun(NamedTuple):
    """One run, as a check sees it once it has ended.

    Attributes:
        request: what was sent.
        fault: what happened, such as "send 2 raises OSError, ASGI 2.4"; "none" for a run without a fault.
        id: the value of the header `x-fault-id`, by which the application may store what it did.
        status: the status that reached the client, or None.
        complete: whether the whole response reached the client, or the application closed the WebSocket.
        exception: what the application raised.
        cancelled: whether it ended by a cancellation.
    """

    request: FaultRequest
    fault: str
    id: str
    status: int | None
    complete: bool
    exception: BaseException | None
    cancelled: bool


class FaultFinding(NamedTuple):
    """Something wrong.

    Attributes:
        request: the name of the request.
        fault: what had happened.
        kind: "hang", "swallowed cancellation", "half response", "no response", "leaked task", "leaked thread",
            "leaked descriptor", "leak", "check", "unhandled", "afterwards".
        detail: a sentence.
    """

    request: str
    fault: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.request}, {self.fault}: {self.detail}"


class FaultReport:
    """All runs of one enumeration.

    Attributes:
        runs: how many there were.
        findings: what was wrong.
        outcomes: how often each request ended how; for reading.
    """

    def __init__(self) -> None:
        self.runs = 0
        self.findings: list[FaultFinding] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def add(self, request: FaultRequest, fault: str, kind: str, detail: str) -> None:
        """Add a finding."""
        self.findings.append(FaultFinding(request.name, fault, kind, detail))

    def kinds(self) -> set[str]:
        """Return the kinds of the findings."""
        return {finding.kind for finding in self.findings}

    def raise_findings(self) -> None:
        """Raise an `AssertionError` that lists the findings, if there are any."""
        if self.findings:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        lines = [f"{self.runs} runs, {len(self.findings)} findings", *map(str, self.findings[:50])]
        if len(self.findings) > 50:
            lines.append(f"and {len(self.findings) - 50} more")
        return "\n".join(lines)

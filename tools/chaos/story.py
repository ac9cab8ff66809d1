"""A program that is served and loaded while its database or broker fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import httpx

from armillary.tasks import Tasks
from chaos.faults import Responses


class Story:
    """One program with its load and what must hold afterwards; subclasses say which.

    Args:
        url: of the server, past the network.
        far_url: of the server behind the network, which the program uses.
        folder: for files of this run.
    """

    application: ClassVar[str]
    has_worker: ClassVar[bool] = False
    clients: ClassVar[int] = 6
    pause: ClassVar[float] = 0.02

    def __init__(self, url: str, far_url: str, folder: str) -> None:
        self.url = url
        self.far_url = far_url
        self.folder = folder
        self.responses = Responses(longest=20)
        self.ended = False

    def environment(self) -> dict[str, str]:
        """Return what the program reads."""
        raise NotImplementedError

    async def enter(self, client: httpx.AsyncClient) -> None:
        """Do what a client does first."""

    async def step(self, client: httpx.AsyncClient, number: int) -> None:
        """Make one request, and note what it promised."""
        raise NotImplementedError

    async def succeeds(self, client: httpx.AsyncClient) -> bool:
        """Return whether a change succeeds now."""
        raise NotImplementedError

    async def wrong_totals(self) -> list[str]:
        """Return what does not add up, in sentences."""
        raise NotImplementedError

    def print_log(self) -> None:
        """Print the end of what the program and its worker said."""
        print(Path(self.folder, "log").read_text()[-3000:])

    async def request(
        self, client: httpx.AsyncClient, method: str, path: str, allowed: set[int], **content: Any
    ) -> httpx.Response | None:
        """Make a request and note its status and time; None if no response came."""
        begun = time.monotonic()
        try:
            response = await client.request(method, path, **content)
        except httpx.HTTPError as exc:
            self.responses.add_wrong(f"{method} {path}: {type(exc).__name__} after {time.monotonic() - begun:.1f} s")
            return None
        self.responses.add(f"{method} {path}", response.status_code, allowed, begun)
        return response

    async def load(self, base: str) -> None:
        """Make requests until `ended`."""

        async def one(place: int) -> None:
            async with httpx.AsyncClient(base_url=base, timeout=40) as client:
                await self.enter(client)
                number = place
                while not self.ended:
                    await self.step(client, number)
                    number += self.clients
                    await asyncio.sleep(self.pause * (1 + random.random()))

        async with asyncio.TaskGroup() as group:
            for place in range(self.clients):
                group.create_task(one(place))

    async def recovery(self, client: httpx.AsyncClient) -> float:
        """Return after how many seconds a change succeeds."""
        begun = time.monotonic()
        while not await self.succeeds(client):
            if time.monotonic() - begun > 30:
                return float("inf")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun


async def wrong_tasks(tasks: Tasks, ids: list[str]) -> list[str]:
    """Return which of the acknowledged tasks have not succeeded, in a sentence."""
    outcomes: Counter[str] = Counter()
    deadline = time.monotonic() + 60
    async with tasks.running():
        for number in ids:
            try:
                await tasks.find(number).result(timeout=max(deadline - time.monotonic(), 0.1))
            except Exception as exc:
                outcomes[f"{type(exc).__name__} {exc}".strip()] += 1
    return [f"{outcomes.total()} of {len(ids)} acknowledged tasks: {dict(outcomes)}"] if outcomes else []

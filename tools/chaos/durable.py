"""Durable tasks over a broker: what was acknowledged is done."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import httpx

from armillary.tasks import Tasks
from chaos.story import Story, wrong_tasks

STATE = "redis://127.0.0.1:6379/9"


class DurableStory(Story):
    """`durable_app.py` and a worker, on RabbitMQ, whose state is in the Redis of this machine."""

    application = "chaos.durable_app:app"
    has_worker = True
    clients = 4
    pause = 0.1

    def __init__(self, url: str, far_url: str, folder: str) -> None:
        super().__init__(url, far_url, folder)
        self.keys: dict[str, str] = {}
        self.effects = Path(folder, "effects")

    def environment(self) -> dict[str, str]:
        return {"CHAOS_QUEUE": self.far_url, "CHAOS_STATE": STATE, "CHAOS_EFFECTS": str(self.effects)}

    async def step(self, client: httpx.AsyncClient, number: int) -> None:
        await self.succeeds(client)

    async def succeeds(self, client: httpx.AsyncClient) -> bool:
        key = uuid4().hex
        response = await self.request(client, "POST", "/effects", {202}, content=key)
        if response is not None and response.status_code == 202:
            self.keys[response.json()["task"]] = key
            return True
        return False

    async def wrong_totals(self) -> list[str]:
        wrong = await wrong_tasks(Tasks(self.url, state=STATE, queue="chaos"), list(self.keys))
        done: set[str] = set(self.effects.read_text().split() if self.effects.exists() else ())
        lost = set(self.keys.values()) - done
        return [*wrong, f"{len(lost)} of {len(self.keys)} acknowledged effects are lost"] if lost else wrong

"""The board: each acknowledged note is there once, and each acknowledged picture is made small."""

from __future__ import annotations

import io
import re
from collections import Counter
from uuid import uuid4

import httpx
from PIL import Image

from armillary.channels import Channels
from armillary.tasks import Tasks
from chaos.story import Story, wrong_tasks


def small_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "teal").save(file, "PNG")
    return file.getvalue()


class BoardStory(Story):
    """The example `board`, with a worker, on Redis or NATS."""

    application = "examples.board.app:app"
    has_worker = True
    clients = 4
    pause = 0.4

    def __init__(self, url: str, far_url: str, folder: str) -> None:
        super().__init__(url, far_url, folder)
        self.notes: list[str] = []
        self.pictures: list[str] = []
        self.picture = small_picture()

    def environment(self) -> dict[str, str]:
        return {"BOARD_ENGINE": self.far_url, "BOARD_FOLDER": self.folder, "BOARD_SECRET": "a key for this run alone"}

    async def enter(self, client: httpx.AsyncClient) -> None:
        form = await client.get("/login")
        page = await client.post("/login", data={"name": "Ada", "csrf_token": token(form.text)}, follow_redirects=True)
        client.headers["x-csrf-token"] = token(page.text)

    async def step(self, client: httpx.AsyncClient, number: int) -> None:
        if number % 7 == 0:
            await self.request(client, "GET", "/", {200})
        elif number % 7 == 1:
            files = {"picture": ("a.png", self.picture)}
            response = await self.request(client, "POST", "/pictures", {202}, files=files)
            if response is not None and response.status_code == 202:
                self.pictures.append(response.json()["task"])
        elif number % 7 == 2 and self.pictures:
            await self.request(client, "GET", f"/tasks/{self.pictures[-1]}", {200})
        else:
            await self.write(client)

    async def write(self, client: httpx.AsyncClient) -> bool:
        note = uuid4().hex
        response = await self.request(client, "POST", "/notes", {204}, content=note)
        written = response is not None and response.status_code == 204
        if written:
            self.notes.append(note)
        return written

    async def succeeds(self, client: httpx.AsyncClient) -> bool:
        if "x-csrf-token" not in client.headers:
            await self.enter(client)
        return await self.write(client)

    async def wrong_totals(self) -> list[str]:
        wrong: list[str] = []
        async with Channels(self.url, prefix="board") as channels:
            found = Counter(message.data.get("text") for message in await channels.history("board", last=1000))
        lost = [note for note in self.notes if not found[note]]
        if lost:
            wrong.append(f"{len(lost)} of {len(self.notes)} acknowledged notes are lost")
        twice = [note for note in self.notes if found[note] > 1]
        if twice:
            wrong.append(f"{len(twice)} of {len(self.notes)} notes are there twice")
        return [*wrong, *await wrong_tasks(Tasks(self.url, queue="board"), self.pictures)]


def token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    if found is None:
        raise ValueError("the page has no token")
    return found[1]

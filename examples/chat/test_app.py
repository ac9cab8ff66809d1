from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from armillary.lint import lint
from armillary.testing import TestClient
from examples.chat import app as module
from examples.chat.room import WAITING, Member, Room, TooSlow


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(module, "room", Room())
    with TestClient(lint(module.app)) as client:
        yield client


def read(socket: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(socket.receive_text())
    return event


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    assert "Enter the room" in client.get("/").text
    assert client.get("/chat.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/chat.css").headers["content-type"].startswith("text/css")


def test_what_one_says_the_other_reads(client: TestClient) -> None:
    with client.websocket_connect("/chat?name=Ada") as ada:
        assert read(ada) == {"kind": "arrival", "name": "Ada", "here": 1}
        with client.websocket_connect("/chat?name=Bob") as bob:
            assert read(bob) == read(ada) == {"kind": "arrival", "name": "Bob", "here": 2}
            ada.send_text(" hello ")
            assert read(ada) == read(bob) == {"kind": "message", "name": "Ada", "text": "hello"}
        assert read(ada) == {"kind": "departure", "name": "Bob", "here": 1}


def test_who_comes_later_reads_what_was_said(client: TestClient) -> None:
    with client.websocket_connect("/chat?name=Ada") as ada:
        read(ada)
        ada.send_text("first")
        read(ada)
        with client.websocket_connect("/chat?name=Bob") as bob:
            assert read(bob)["text"] == "first"


@pytest.mark.parametrize("name", ["", "%20", "x" * 25])
def test_a_name_that_cannot_be_shown_is_rejected(client: TestClient, name: str) -> None:
    with pytest.raises(Exception, match=r".*"), client.websocket_connect(f"/chat?name={name}"):
        pass


def test_a_page_of_another_site_is_rejected(client: TestClient) -> None:
    headers = {"origin": "https://evil.test", "cookie": "a=b"}
    with pytest.raises(Exception, match=r".*"), client.websocket_connect("/chat?name=Eve", headers=headers):
        pass


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_member_who_reads_nothing_is_dropped_and_delays_no_one(anyio_backend: str) -> None:
    room, slow, quick = Room(), Member("slow"), Member("quick")
    room.enter(slow)
    room.enter(quick)
    with anyio.fail_after(5):
        for number in range(WAITING):
            room.say(quick, str(number))
            while json.loads(await quick.next()).get("text") != str(number):
                pass
        with pytest.raises(TooSlow):
            while True:
                await slow.next()

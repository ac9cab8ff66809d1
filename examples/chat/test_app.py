from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armillary.channels import Channels
from armillary.lint import lint
from armillary.testing import TestClient, WebSocketRejected
from examples.chat import app as module


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    channels = Channels()
    monkeypatch.setattr(module, "channels", channels)
    monkeypatch.setattr(module, "room", channels.presence("chat"))
    with TestClient(lint(module.app)) as client:
        yield client


def read(socket: Any) -> tuple[str, str, str, int]:
    event: dict[str, Any] = json.loads(socket.receive_text())
    return event["kind"], event["name"], event["text"], event["here"]


def test_the_application_has_as_many_lines_as_litestars() -> None:
    lines = Path(module.__file__).read_text().split('"""')[2].splitlines()
    assert len([line for line in lines if line.strip() and not line.lstrip().startswith("#")]) <= 19


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    assert "Enter the room" in client.get("/").text
    assert client.get("/chat.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/chat.css").headers["content-type"].startswith("text/css")


def test_what_one_says_the_other_reads(client: TestClient) -> None:
    with client.websocket_connect("/chat?name=Ada") as ada:
        assert read(ada) == ("arrival", "Ada", "", 1)
        with client.websocket_connect("/chat?name=Bob") as bob:
            assert read(bob) == ("arrival", "Ada", "", 1)
            assert read(bob) == read(ada) == ("arrival", "Bob", "", 2)
            ada.send_text(" hello ")
            assert read(ada) == read(bob) == ("message", "Ada", "hello", 2)
        assert read(ada) == ("departure", "Bob", "", 1)


def test_who_comes_later_reads_what_was_said(client: TestClient) -> None:
    with client.websocket_connect("/chat?name=Ada") as ada:
        read(ada)
        ada.send_text("first")
        read(ada)
        with client.websocket_connect("/chat?name=Bob") as bob:
            assert [read(bob)[0] for _ in range(3)] == ["arrival", "message", "arrival"]


@pytest.mark.parametrize(("name", "shown"), [("", "Somebody"), ("%20", "Somebody"), ("x" * 25, "x" * 24)])
def test_a_name_is_made_one_that_can_be_shown(client: TestClient, name: str, shown: str) -> None:
    with client.websocket_connect(f"/chat?name={name}") as socket:
        assert read(socket)[1] == shown


def test_a_page_of_another_site_is_rejected(client: TestClient) -> None:
    headers = {"origin": "https://evil.test", "cookie": "a=b"}
    with pytest.raises(WebSocketRejected, match="403"), client.websocket_connect("/chat?name=Eve", headers=headers):
        pass

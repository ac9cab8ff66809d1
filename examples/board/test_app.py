from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from armillary.lint import lint
from armillary.testing import TestClient, WebSocketClosed
from examples.board import app as module
from examples.board.pictures import SIZES
from examples.board.servers import main as serve_several


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with TestClient(lint(module.app), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def log_in(client: TestClient) -> Callable[[str], str]:
    """Log in; return the token of the forms."""

    def log_in(name: str) -> str:
        page = client.post("/login", data={"name": name, "csrf_token": token(client.get("/login").text)})
        return token(page.text)

    return log_in


def token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def picture_bytes() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1000, 600), "teal").save(file, "PNG")
    return file.getvalue()


def upload(client: TestClient, csrf: str, data: bytes) -> Any:
    return client.post("/pictures", files={"picture": ("a.png", data)}, headers={"x-csrf-token": csrf})


def ended(client: TestClient, task: str) -> dict[str, Any]:
    """Return the last event of a task's progress."""
    response = client.get(f"/tasks/{task}", headers={"accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    status: dict[str, Any] = json.loads(re.findall(r"data: (.*)", response.text)[-1])
    return status


def test_who_is_not_logged_in_sees_and_changes_nothing(client: TestClient) -> None:
    assert client.get("/", follow_redirects=False).headers["location"].startswith("http://testserver/login")
    assert client.get("/events").status_code == client.get("/here").status_code == 403
    with pytest.raises(WebSocketClosed, match="1008"), client.websocket_connect("/live"):
        pass


def test_a_form_without_its_token_is_rejected(client: TestClient, log_in: Callable[[str], str]) -> None:
    log_in("Ada")
    assert client.post("/notes", content="planted").status_code == 403


def test_a_note_reaches_a_socket_and_a_client_that_comes_back_gets_what_it_missed(
    client: TestClient, log_in: Callable[[str], str]
) -> None:
    csrf = log_in("Ada")
    with client.websocket_connect("/live") as socket:
        socket.send_text(" by the socket ")
        first = json.loads(socket.receive_text())
        while "picture" in first["data"]:  # what other tests have pinned comes first
            first = json.loads(socket.receive_text())
        assert first["data"] == {"by": "Ada", "text": "by the socket"}
    assert client.post("/notes", content="by a request", headers={"x-csrf-token": csrf}).status_code == 204
    with client.websocket_connect(f"/live?after={first['cursor']}") as socket:
        assert json.loads(socket.receive_text())["data"]["text"] == "by a request"


def test_a_picture_is_made_small_and_pinned(client: TestClient, log_in: Callable[[str], str], tmp_path: Path) -> None:
    csrf = log_in("Ada")
    response = upload(client, csrf, picture_bytes())
    assert response.status_code == 202
    assert ended(client, response.json()["task"])["status"] == "succeeded"
    with client.websocket_connect("/live") as socket:
        notes = [json.loads(socket.receive_text())["data"]]
        while "picture" not in notes[-1]:
            notes.append(json.loads(socket.receive_text())["data"])
    small = client.get(f"/pictures/{notes[-1]['picture']}")
    with Image.open(io.BytesIO(small.content)) as image:
        assert (image.format, image.size) == ("WEBP", (SIZES[-1], SIZES[-1] * 600 // 1000))


def test_a_file_that_is_no_picture_fails_with_a_reason(client: TestClient, log_in: Callable[[str], str]) -> None:
    status = ended(client, upload(client, log_in("Ada"), b"no picture").json()["task"])
    assert status["status"] == "failed"
    assert "no picture that can be read" in status["error"]


def test_a_task_nobody_knows_is_not_found(client: TestClient, log_in: Callable[[str], str]) -> None:
    log_in("Ada")
    assert client.get("/tasks/unknown").status_code == 404


def test_several_servers_need_an_engine_that_they_share(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve_several(["memory://"])
    assert "memory:// is for one process" in capsys.readouterr().err

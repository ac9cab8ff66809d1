"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import pytest
from hypothesis import settings

from armillary.lint import lint

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class ReceivedResponse:
    """What an application sent in response to one request."""

    def __init__(self, messages: list[Any]) -> None:
        self.messages = messages
        self.status: int = messages[0]["status"]
        self.raw_headers: list[tuple[bytes, bytes]] = list(messages[0]["headers"])
        self.headers = {name.decode(): value.decode("latin-1") for name, value in self.raw_headers}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def text(self) -> str:
        return self.body.decode()


async def send_request(app: Any, path: str = "/", method: str = "GET", **given: Any) -> ReceivedResponse:
    """Ask an application, checked by the linter; keyword arguments are headers or keys of the scope."""
    headers = given.pop("headers", {})
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path.encode("utf-8", "surrogateescape")).encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        **given,
    }
    sent: list[Any] = []

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    await lint(app)(scope, receive, send)
    return ReceivedResponse(sent)


@pytest.fixture
def ask() -> Callable[..., Any]:
    return send_request


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory of a few files."""
    root = tmp_path / "site"
    (root / "docs").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "index.html").write_text("<h1>Home</h1>")
    (root / "404.html").write_text("<h1>Missing</h1>")
    (root / "docs" / "index.html").write_text("<h1>Docs</h1>")
    (root / "style.css").write_text("body { color: red }\n" * 100)
    (root / "letters.txt").write_text("abcdefghijklmnopqrstuvwxyz")
    (root / "app.3f9d2c41.js").write_text("let a = 1\n")
    (root / ".env").write_text("SECRET=1")
    (root / ".well-known").mkdir()
    (root / ".well-known" / "security.txt").write_text("Contact: mailto:a@example.org")
    return root

"""`armillary dev` and `armillary run`, over real servers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from armillary.cli import _servers

APP = """
import os
from armillary.applications import Armillary
from armillary.http import JSONResponse
from armillary.routing import Route


async def home(request):
    return JSONResponse({"version": 1, "debug": app.debug, "client": request.client.host, "pid": os.getpid()})


app = Armillary(routes=[Route("/", home), Route("/docs", home, name="docs")])
"""


class Served:
    """A command that serves, in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environ = {key: value for key, value in os.environ.items() if key != "FORWARDED_ALLOW_IPS"}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "armillary.cli", *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that what it started ends with it, also when it has to be killed
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()

    def wait_for(self, text: str, times: int = 1) -> str:
        assert self._appears(text, times, seconds=50), "".join(self.lines)
        return next(line for line in reversed(self.lines) if text in line)

    def wait_after(self, change: Callable[[], None], text: str, times: int = 1) -> None:
        """Wait for a line after a change of a file, repeated every few seconds.

        What watches the files may start later than the server, and then sees no change.
        """
        for _ in range(10):
            change()
            if self._appears(text, times, seconds=5):
                return
        raise AssertionError("".join(self.lines))

    def _appears(self, text: str, times: int, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: sum(text in line for line in self.lines) >= times, seconds)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        self.close()
        return code

    def close(self) -> None:
        assert self.process.stdout is not None
        self._reader.join(30)
        self.process.stdout.close()

    @property
    def url(self) -> str:
        line = self.wait_for("Serving ")
        return next(word for word in line.split() if word.startswith("http://"))


@pytest.fixture
def serve(project: Any) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(project.folder, *arguments))
        return started[-1]

    yield start
    for served in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait(30)
        served.close()


def test_dev_serves_in_debug_mode_and_says_where(project: Any, serve: Callable[..., Served]) -> None:
    project.write(APP)
    served = serve("dev", "--port", "0", "--no-reload")
    served.wait_for("Application startup complete")
    assert httpx.get(served.url).json()["debug"] is True
    assert f"API documentation: {served.url}/docs\n" in served.lines
    assert served.stop() == 0
    assert "Traceback" not in "".join(served.lines)


def test_dev_restarts_when_a_file_changes_and_says_one_sentence_for_a_broken_one(
    project: Any, serve: Callable[..., Served]
) -> None:
    project.write(APP)
    served = serve("dev", "--port", "0")
    served.wait_for("Application startup complete")
    served.wait_after(
        lambda: project.write("app = (\n"),
        "Error: app.py line 1 is no Python, '(' was never closed: app = (; correct this line",
    )
    project.write(APP.replace('"version": 1', '"version": 2'))
    served.wait_for("Application startup complete", times=2)
    assert httpx.get(served.url).json()["version"] == 2
    served.stop()
    assert "Traceback" not in "".join(served.lines)


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_run_serves_by_each_server_and_believes_no_header(
    project: Any, serve: Callable[..., Served], server: str
) -> None:
    project.write(APP)
    served = serve("run", "--port", "0", "--server", server)
    served.wait_for("Application startup complete" if server == "uvicorn" else "Started worker-1")
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    response = _get(served.url, forwarded)
    assert response["client"] == "127.0.0.1"
    assert response["debug"] is False
    assert served.stop() == 0


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_run_believes_the_proxies_that_are_named(project: Any, serve: Callable[..., Served], server: str) -> None:
    project.write(APP)
    served = serve("run", "--port", "0", "--server", server, "--trusted-proxies", "127.0.0.1, 10.0.0.0/8")
    served.wait_for("Application startup complete" if server == "uvicorn" else "Started worker-1")
    assert _get(served.url, {"x-forwarded-for": "203.0.113.9"})["client"] == "203.0.113.9"
    served.stop()


def _get(url: str, headers: dict[str, str]) -> dict[str, object]:
    """Send a request; a worker that has just started may not listen yet."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
        response: dict[str, object] = client.get(url, headers=headers).json()
    return response


def test_run_starts_the_workers_that_are_asked_for(project: Any, serve: Callable[..., Served]) -> None:
    project.write(APP)
    served = serve("run", "--port", "0", "--workers", "2", "--server", "uvicorn")
    served.wait_for("Application startup complete", times=2)
    assert "by uvicorn, 2 processes" in served.wait_for("Serving ")
    assert httpx.get(served.url).status_code == 200
    served.stop()


def test_an_application_that_does_not_start_ends_the_command_with_an_error(
    project: Any, serve: Callable[..., Served]
) -> None:
    project.write(
        APP.replace(
            "app = Armillary(", "async def fail(app):\n    raise OSError('no database')\n\n\napp = Armillary("
        ).replace("routes=[", "lifespan=lambda app: fail(app), routes=[")
    )
    served = serve("run", "--port", "0", "--server", "uvicorn")
    assert served.process.wait(30) != 0


# -- what cannot be served: one sentence ------------------------------------------------------


@pytest.mark.parametrize("command", ["dev", "run"])
def test_a_port_in_use_names_another(project: Any, fails: Callable[..., str], command: str) -> None:
    project.write(APP)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert fails(command, "--port", str(port)) == (
            f"port {port} of 127.0.0.1 is in use; stop what listens there, or write --port {port % 65535 + 1}"
        )


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "nowhere.invalid"])
def test_a_host_that_is_not_of_this_machine_is_one_sentence(project: Any, fails: Callable[..., str], host: str) -> None:
    project.write(APP)
    assert fails("dev", "--port", "0", "--host", host) == (
        f"--host {host} is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all"
    )


def test_a_missing_server_names_the_pip_command(
    project: Any, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_servers, "find_spec", lambda name: None)
    project.write(APP)
    assert fails("run") == 'no server is installed; run: pip install "armillary-cli[uvicorn]"'
    assert fails("dev") == 'no server is installed; run: pip install "armillary-cli[uvicorn]"'
    assert fails("run", "--server", "granian") == (
        'granian is not installed; run: pip install "armillary-cli[granian]"'
    )


def test_debug_is_rejected_in_production(project: Any, fails: Callable[..., str]) -> None:
    project.write(APP.replace("Armillary(", "Armillary(debug=True, "))
    assert fails("run").startswith("app:app has debug=True, whose error pages show source to everybody; leave it out")


PROXIES = [
    ("*", "--trusted-proxies: every client could then claim any address; name the proxy's, such as 10.0.0.0/8"),
    ("10.0.0", "--trusted-proxies: '10.0.0' does not appear to be an IPv4 or IPv6 network"),
]


@pytest.mark.parametrize(("addresses", "sentence"), PROXIES)
def test_wrong_proxies_are_one_sentence(project: Any, fails: Callable[..., str], addresses: str, sentence: str) -> None:
    project.write(APP)
    assert fails("run", "--trusted-proxies", addresses).startswith(sentence)


def test_proxy_headers_are_not_read_twice(project: Any, fails: Callable[..., str]) -> None:
    project.write(
        APP.replace("Armillary(", "Armillary(middleware=[Middleware(ProxyHeadersMiddleware)], ").replace(
            "import os",
            "import os\nfrom armillary.asgi_types import Middleware\n"
            "from armillary.security import ProxyHeadersMiddleware",
        )
    )
    assert fails("run", "--trusted-proxies", "10.0.0.1").startswith("the application has ProxyHeadersMiddleware")
    assert fails("dev", "nothing:app").startswith('there is no module "nothing"')

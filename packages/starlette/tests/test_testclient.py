"""How the drop-in's test client differs from `armillary.testing`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.exceptions import StarletteDeprecationWarning
from armillary.starlette.testclient import TestClient, WebSocketDenialResponse
from armillary.starlette.types import Receive, Scope, Send
from armillary.starlette.websockets import WebSocketDisconnect


async def asgi3(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http", "HTTP only"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def asgi2(scope: Scope) -> Callable[[Receive, Send], Awaitable[None]]:
    async def instance(receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)

    return instance


class ASGI2:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None:
        await asgi3(self.scope, receive, send)


class ASGI3:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)


def returns_a_coroutine(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    return asgi3(scope, receive, send)


@pytest.mark.parametrize("app", [asgi3, asgi2, ASGI2, ASGI3(), returns_a_coroutine])
def test_applications_of_asgi_2_and_3_are_called(app: Any) -> None:
    assert TestClient(app).get("/").text == "ok"


def test_an_application_without_lifespan_fails_inside_with() -> None:
    with pytest.raises(AssertionError, match="HTTP only"):
        with TestClient(asgi3):
            pass


def test_a_time_out_warns_and_has_no_effect() -> None:
    with pytest.warns(StarletteDeprecationWarning, match="should not use the 'timeout' argument"):
        assert TestClient(asgi3).get("/", timeout=0).text == "ok"


def test_a_rejection_is_a_response_and_a_disconnect() -> None:
    async def rejecting(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-a", b"1")]})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    with pytest.raises(WebSocketDisconnect) as raised:
        with TestClient(rejecting).websocket_connect("/"):
            pass
    rejection: Any = raised.value
    assert isinstance(rejection, WebSocketDenialResponse)
    assert (rejection.status_code, rejection.text, rejection.headers["x-a"]) == (401, "no", "1")


def test_a_failure_in_a_websocket_is_raised_whatever_raise_server_exceptions_says() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise LookupError("mine")

    client = TestClient(failing, raise_server_exceptions=False)
    with pytest.raises(LookupError, match="mine"):
        with client.websocket_connect("/") as session:
            session.receive_text()


def run(*missing: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys, warnings; warnings.simplefilter('always')\n"
        f"for name in {missing!r}: sys.modules[name] = None\n"
        "from armillary.starlette.testclient import TestClient\n"
        "print([cls.__module__.split('.')[0] for cls in TestClient.__mro__ if cls.__name__ == 'Client'])"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


def test_httpx2_is_preferred_without_a_warning() -> None:
    done = run()
    assert (done.stdout.strip(), done.stderr) == ("['httpx2']", "")


def test_httpx_is_taken_with_a_warning() -> None:
    done = run("httpx2")
    assert done.stdout.strip() == "['httpx']"
    assert "StarletteDeprecationWarning: Using `httpx` with `starlette.testclient` is deprecated" in done.stderr


def test_without_either_the_error_says_what_to_install() -> None:
    assert "pip install" in run("httpx", "httpx2").stderr


def test_overridden_parts_of_the_lifespan_run_around_those_of_the_application() -> None:
    seen: list[str] = []

    class Client(TestClient):
        async def lifespan(self) -> None:
            seen.append("begin")
            await super().lifespan()
            seen.append("end")

        async def wait_startup(self) -> None:
            await super().wait_startup()
            seen.append("started")

        async def wait_shutdown(self) -> None:
            await super().wait_shutdown()
            seen.append("shut down")

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        seen.append("startup")
        yield
        seen.append("shutdown")

    assert Client.portal is None
    with Client(Starlette(lifespan=lifespan)) as client:
        assert client.portal is not None
        assert seen == ["begin", "startup", "started"]
    assert seen == ["begin", "startup", "started", "shutdown", "shut down", "end"]
    assert client.portal is None


def test_an_error_of_an_overridden_lifespan_is_raised() -> None:
    class Client(TestClient):
        async def lifespan(self) -> None:
            raise LookupError("before the application")

    with pytest.raises(LookupError, match="before the application"), Client(Starlette()):
        pytest.fail("the application was started")


class SlottedApp:
    """An ASGI application as Sentry's middleware is one: each instance chooses its `__call__`."""

    __slots__ = ("__call__",)

    def __init__(self) -> None:
        self.__call__ = self.serve

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)


def test_an_application_whose_call_is_a_slot_is_taken_for_one_of_asgi_3() -> None:
    assert TestClient(SlottedApp()).get("/").text == "ok"


WITHOUT_CLIENT_LIBRARY = """
import importlib, pkgutil, sys
sys.modules["httpx"] = sys.modules["httpx2"] = None
import armillary.starlette
armillary.starlette.install()
import warnings
warnings.simplefilter("ignore")
import starlette
for info in pkgutil.walk_packages(starlette.__path__, "starlette."):
    if "._" not in info.name and info.name not in ("starlette.pytest_plugin", "starlette.testclient"):
        importlib.import_module(info.name)
try:
    import starlette.testclient
except RuntimeError as error:
    print(error)
"""


def test_only_the_test_client_needs_a_client_library() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_CLIENT_LIBRARY], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert "starlette.testclient needs an HTTP client library: install it with 'pip install httpx2'" in done.stdout


def test_applications_are_offered_the_extensions_of_starlettes_client() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        offered.update(scope["extensions"])
        await asgi3(scope, receive, send)

    offered: set[str] = set()
    TestClient(app).get("/")
    assert offered == {"http.response.debug", "http.response.trailers"}

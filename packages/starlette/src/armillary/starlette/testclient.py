"""Starlette's test client: `armillary.testing` with the behaviour that Starlette's tests require.

It differs from `armillary.testing.TestClient`: httpx2 is taken before httpx, and httpx warns;
ASGI 2 applications are accepted; an application without lifespan support fails inside `with`;
there are no time limits, and passing a timeout warns; `WebSocketDisconnect` is the one
of `starlette.websockets`; a denial response is raised as an exception, and so is what an
application raises in a WebSocket, whatever `raise_server_exceptions` says.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Self, cast

from anyio import Event
from anyio.from_thread import BlockingPortal

try:
    from armillary.testing import (
        BackendName,
        DenialResponse,
        TestClient as _NativeClient,
        WebSocketTestSession as _NativeSession,
        client_class,
    )
except ImportError as error:  # raised by armillary.testing, which needs one of them too
    raise RuntimeError(
        "starlette.testclient needs an HTTP client library: install it with 'pip install httpx2'"
    ) from error

from ._utils import is_async_callable
from .exceptions import StarletteDeprecationWarning
from .types import ASGIApp, Receive, Scope, Send
from .websockets import WebSocketDisconnect

if TYPE_CHECKING:
    import httpx

    _Client = _NativeClient
else:
    try:
        import httpx2 as httpx
    except ImportError:
        import httpx

        warnings.warn(
            "Using `httpx` with `starlette.testclient` is deprecated. Install `httpx2` instead.",
            StarletteDeprecationWarning,
            stacklevel=2,
        )
    _Client = client_class(httpx)

__all__ = ["ASGI2App", "ASGI3App", "ASGIInstance", "TestClient", "WebSocketDenialResponse", "WebSocketTestSession"]

DEFAULT_BASE_URL = "http://testserver"

EXTENSIONS = ("http.response.debug", "http.response.trailers", "websocket.http.response")

_NAMES_OF_FUNCTIONS: dict[Any, str] = {
    getattr(_Client.exchange_class, name): f"_TestClientTransport.handle_request.<locals>.{name}"
    for name in ("receive", "send")
}
"""What tools such as Sentry name spans by."""

ASGIInstance = Callable[[Receive, Send], Awaitable[None]]
ASGI2App = Callable[[Scope], ASGIInstance]
ASGI3App = Callable[[Scope, Receive, Send], Awaitable[None]]


def _takes_three(app: Callable[..., Any]) -> bool:
    if is_async_callable(app):
        return True
    try:
        inspect.signature(app).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # It has no inspectable signature.
        return True
    return not inspect.isclass(app) or hasattr(app, "__await__")


def _as_asgi3(app: ASGI2App | ASGI3App) -> ASGIApp:
    if _takes_three(app):
        return cast(ASGIApp, app)
    make_instance = cast(ASGI2App, app)

    async def asgi3(scope: Scope, receive: Receive, send: Send) -> None:
        await make_instance(scope)(receive, send)

    return asgi3


class WebSocketDenialResponse(httpx.Response, WebSocketDisconnect):  # type: ignore[misc]
    """The HTTP response that rejected a WebSocket handshake, raised when the session is entered."""


class WebSocketTestSession(_NativeSession):
    """The client's end of a WebSocket.

    Args:
        app: the application.
        scope: of the connection.
        portal_factory: gives the event loop that it runs on, as a context manager.
    """

    def __init__(
        self, app: ASGI3App, scope: Scope, portal_factory: Callable[[], AbstractContextManager[BlockingPortal]]
    ) -> None:
        client = TestClient(app)
        client.event_loop = portal_factory  # type: ignore[method-assign, assignment]
        super().__init__(client.websocket_exchange(scope, None), client.connect)
        self.portal_factory = portal_factory

    @classmethod
    def of_client(cls, client: TestClient, exchange: Any) -> Self:
        """Return the session of a handshake that a client has prepared."""
        session = cls.__new__(cls)
        _NativeSession.__init__(session, exchange, client.connect)
        session.portal_factory = client.event_loop
        return session

    def __exit__(self, *args: Any) -> None:
        super().__exit__(*(args or (None, None, None)))


class TestClient(_Client):
    """Calls an application as if it were served. The arguments are Starlette's."""

    __test__ = False
    portal: BlockingPortal | None = None
    disconnect_grace = 0.2
    raise_websocket_exceptions = True

    _lifespan_run_now: Any
    _lifespan_entered: Event
    _lifespan_ended: Event
    _lifespan_failed: bool

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = DEFAULT_BASE_URL,
        raise_server_exceptions: bool = True,
        root_path: str = "",
        backend: BackendName = "asyncio",
        backend_options: dict[str, Any] | None = None,
        cookies: Any = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] | None = ("testclient", 50000),
    ) -> None:
        super().__init__(
            _as_asgi3(app),
            base_url,
            raise_server_exceptions,
            root_path,
            backend,
            backend_options,
            cookies,
            headers,
            follow_redirects,
            client,
            timeout=None,
            lifespan="on",
            extensions=EXTENSIONS,
        )

    # Subclasses override the three methods below. `lifespan` is a task of its own, which begins before the startup of
    # the application and ends after its shutdown; within it, the part of this class only waits for that end.

    async def lifespan(self) -> None:
        """Go on until the application was shut down."""
        self._lifespan_entered.set()
        await self._lifespan_ended.wait()

    async def wait_startup(self) -> None:
        """Wait until the application has started."""
        await self._lifespan_run_now.startup()

    async def wait_shutdown(self) -> None:
        """Wait until the application was shut down."""
        await self._lifespan_run_now.shutdown()

    def enter_lifespan(self, portal: BlockingPortal, run: Any, resources: ExitStack) -> None:
        self._lifespan_run_now = run
        resources.callback(portal.call, run.abort)
        if type(self).lifespan is not TestClient.lifespan:
            portal.call(self._begin_lifespan)
            task = portal.start_task_soon(self._run_lifespan)
            resources.callback(task.result)
            resources.callback(portal.call, self._end_lifespan)
            portal.call(self._lifespan_entered.wait)
            if self._lifespan_failed:
                task.result()
        portal.call(self.wait_startup)
        resources.callback(portal.call, self.wait_shutdown)

    async def _begin_lifespan(self) -> None:
        from anyio import Event

        self._lifespan_entered, self._lifespan_ended = Event(), Event()
        self._lifespan_failed = False

    async def _run_lifespan(self) -> None:
        try:
            await self.lifespan()
        except BaseException:
            self._lifespan_failed = True
            raise
        finally:
            self._lifespan_entered.set()  # also if it never came to the part of this class

    async def _end_lifespan(self) -> None:
        self._lifespan_ended.set()

    def __exit__(self, *args: Any) -> None:
        super().__exit__()

    def make_session(self, exchange: Any) -> WebSocketTestSession:
        return WebSocketTestSession.of_client(self, exchange)

    def request(
        self,
        method: str,
        url: Any,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
        timeout: Any = httpx.USE_CLIENT_DEFAULT,
        extensions: Any = None,
    ) -> Any:
        """Send a request; a timeout is ignored with a warning."""
        if timeout is not httpx.USE_CLIENT_DEFAULT:
            warnings.warn(
                "You should not use the 'timeout' argument with the TestClient. It has no effect.",
                StarletteDeprecationWarning,
                stacklevel=3,
            )
        return super().request(
            method,
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            auth=auth,
            follow_redirects=follow_redirects,
            extensions=extensions,
        )

    def closed_error(self, code: int, reason: str) -> Exception:
        """Starlette's own exception for a WebSocket that was closed."""
        return WebSocketDisconnect(code, reason)

    def rejected_error(self, response: DenialResponse) -> Exception:
        """Starlette's exception for a rejected handshake."""
        return WebSocketDenialResponse(status_code=response.status, headers=response.headers, content=response.body)

"""What the sync and the async client are configured with alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from armillary.asgi_types import ASGIApp
from armillary.lint import lint as check_messages

from ._extensions import checked_extensions
from ._scope import ScopeFactory

DEFAULT_BASE_URL = "http://testserver"

DEFAULT_TIME_LIMIT = 10.0
"""Seconds a client waits for each step of the application."""

BackendName = Literal["asyncio", "trio"]
LifespanPolicy = Literal["auto", "on", "off"]


class ClientSettings:
    """The application, and how it is called.

    `app` is the application passed in; `checked_app` is the one to call, under lint if
    `lint` is set.

    Raises:
        TypeError, ValueError: an argument is wrong; the text names it and says what to pass.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        raise_server_exceptions: bool,
        root_path: str,
        client: tuple[str, int] | None,
        lifespan: LifespanPolicy,
        extensions: Iterable[str],
        lint: bool,
    ) -> None:
        if not callable(app):
            raise TypeError(f"a test client takes an ASGI application as 'app', got {app!r}; pass a callable")
        if lifespan not in ("auto", "on", "off"):
            raise ValueError(f"lifespan is {lifespan!r}; pass 'auto', 'on' or 'off'")
        self.app = app
        self.checked_app = check_messages(app) if lint else app
        self.raise_server_exceptions = raise_server_exceptions
        self.lifespan: LifespanPolicy = lifespan
        self.state: dict[str, Any] = {}
        self.scopes = ScopeFactory(
            root_path=root_path, client=client, state=self.state, extensions=checked_extensions(extensions)
        )

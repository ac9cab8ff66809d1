"""Whether the databases of a program answer, for a load balancer to ask."""

from __future__ import annotations

from asterism.asgi_types import Receive, Scope, Send

from ._database import Database


class ReadinessEndpoint:
    """An ASGI application that answers 200 when every database answers, else 503.

    The body is JSON such as `{"default": "ready"}`; it names no host.

    Args:
        *databases: those to ask.
        timeout: seconds to wait for each.
    """

    def __init__(self, *databases: Database, timeout: float = 2.0) -> None:
        self.databases = databases
        self.timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        from asterism.http import JSONResponse

        found = {database.name: await database.readiness(self.timeout) for database in self.databases}
        status = 200 if all(state.ready for state in found.values()) else 503
        words = {name: "ready" if state.ready else state.reason for name, state in found.items()}
        await JSONResponse(words, status, headers={"cache-control": "no-store"})(scope, receive, send)

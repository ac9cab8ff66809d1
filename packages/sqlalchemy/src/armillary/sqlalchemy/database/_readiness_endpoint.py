"""Whether the databases of a program respond, for load balancers."""

from __future__ import annotations

from armillary.asgi_types import Receive, Scope, Send

from ._database import Database


class ReadinessEndpoint:
    """An ASGI application whose response is 200 if every database responds, else 503.

    The body is JSON such as `{"default": "ready"}`; it names no host.

    Args:
        *databases: those to check, each with a different name.
        timeout: seconds to wait for each.

    Raises:
        ValueError: no database, two of the same name, a time-out that is not positive.
    """

    def __init__(self, *databases: Database, timeout: float = 2.0) -> None:
        if not databases:
            raise ValueError("databases: give ReadinessEndpoint at least one, such as ReadinessEndpoint(database)")
        names = [database.name for database in databases]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"databases: two have the name {twice!r}; give each its own: Database(..., name=...)")
        if not (isinstance(timeout, int | float) and timeout > 0):
            raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
        self.databases = databases
        self.timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        from armillary.http import JSONResponse

        found = {database.name: await database.readiness(self.timeout) for database in self.databases}
        status = 200 if all(state.ready for state in found.values()) else 503
        words = {name: "ready" if state.ready else state.reason for name, state in found.items()}
        await JSONResponse(words, status, headers={"cache-control": "no-store"})(scope, receive, send)

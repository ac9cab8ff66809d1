"""The servers: which is installed, and how each is started."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from ._errors import CommandError

# Imported by the server in each of its processes; what it makes is said by the environment.
_FACTORY = "armillary.cli._served:application"
_GRACE = 30  # seconds for open requests when the server stops
_INSTALL = 'pip install "armillary-cli[uvicorn]"'


def choose_server(name: str | None) -> str:
    """Return the name of an installed server.

    Raises:
        CommandError: it, or each of them, is missing.
    """
    for candidate in [name] if name else [*SERVERS]:
        if find_spec(candidate) is not None:
            return candidate
    if name and name != "uvicorn":
        raise CommandError(f'{name} is not installed; run: pip install "armillary-cli[{name}]"')
    raise CommandError(f"no server is installed; run: {_INSTALL}")


def _serve_with_uvicorn(host: str, port: int, *, workers: int, access_log: bool, reload: str | None = None) -> None:
    import uvicorn

    uvicorn.run(
        _FACTORY,
        factory=True,
        host=host,
        port=port,
        reload=reload is not None,
        reload_dirs=[reload] if reload is not None else None,
        workers=workers,
        access_log=access_log,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=None if reload is None else 2,
    )


def _serve_with_granian(host: str, port: int, *, workers: int, access_log: bool) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        _FACTORY,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        workers_kill_timeout=_GRACE,
        log_access=access_log,
    ).serve()


SERVERS: dict[str, Callable[..., None]] = {"uvicorn": _serve_with_uvicorn, "granian": _serve_with_granian}
"""How each server is started, in the order they are preferred."""

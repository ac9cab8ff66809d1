"""The address to listen on: whether it can be, and how a browser spells it."""

from __future__ import annotations

import errno
import os
import socket

from ._errors import CommandError


def free_address(host: str, port: int) -> tuple[str, int]:
    """Return host and port, a free one for 0, after listening there for a moment.

    Raises:
        CommandError: it cannot be listened on.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as exc:
        raise CommandError(f"--host {host} is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all") from exc
    family, _, _, _, address = found[0]
    with socket.socket(family) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(1)
        except OSError as exc:
            raise CommandError(_sentence(exc, host, port)) from exc
        return host, listener.getsockname()[1]


def url_of(host: str, port: int) -> str:
    """Return the address to open in a browser.

    >>> url_of("0.0.0.0", 80), url_of("::1", 8000)
    ('http://127.0.0.1', 'http://[::1]:8000')
    """
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}" if port == 80 else f"http://{shown}:{port}"


def _sentence(exc: OSError, host: str, port: int) -> str:
    if exc.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; stop what listens there, or write --port {port % 65535 + 1}"
    if exc.errno == errno.EACCES:
        return f"port {port} may be opened by the administrator only; write --port 8000"
    if exc.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all"
    return f"cannot listen on {host} port {port}: {exc.strerror}; write another --host or --port"

"""The network address of a peer."""

from typing import NamedTuple


class Address(NamedTuple):
    """A host and a port, as in `scope["client"]`.

    Args:
        host: an IP address, a host name, or the path of a Unix socket.
        port: the port number; servers on a Unix socket give 0 or None.

    >>> Address("127.0.0.1", 8000).host
    '127.0.0.1'
    """

    host: str
    port: int

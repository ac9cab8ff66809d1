"""Which proxies to trust about the client.

Steps
-----
1. The peer must be trusted, or its headers prove nothing.
2. Each hop added its line at the right end, so the hops are read from there. An address that is a trusted proxy's own
   leads one hop further; the first that is not is the client. What is further left was written by the client.
3. An address that cannot be read ends the walk, and the client is unknown: it is not the proxy.
4. Scheme and host are those that the same hop reported: the proxy to which the client connected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, NamedTuple

from armillary.datastructures import Headers, forwarded_hops, parse_host

Convention = Literal["x-forwarded", "forwarded"]
IPAddress = IPv4Address | IPv6Address

# Some proxies report a WebSocket by its own scheme.
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class ForwardedClient(NamedTuple):
    """The client as its proxy describes it; None if the proxy does not say or the value is invalid.

    `is_unknown` is whether the proxy reports a client whose address is hidden or cannot be read.
    """

    client: str | None = None
    scheme: str | None = None
    host: str | None = None
    is_unknown: bool = False


class Hop(NamedTuple):
    """What one proxy reports: the address of its peer, None if it does not, and the peer's scheme and host."""

    address: str | None
    scheme: str
    host: str


class ProxyPolicy:
    """Trusts forwarding headers of configured peers only, nearest hop first.

    Args:
        trusted: addresses and networks of proxies, such as "127.0.0.1", "10.0.0.0/8"; "*" trusts
            every peer, which is safe only if no other client can connect. It makes no hop before
            the peer a proxy: name those beside it.
        convention: the headers your proxy writes and clears: "x-forwarded" or "forwarded".
        trust_host: whether the host the client asked for is taken from the proxy too.

    Raises:
        TypeError: a string instead of a list.
        ValueError: an invalid address or network, an unknown convention.
    """

    def __init__(self, trusted: Sequence[str], convention: Convention, trust_host: bool) -> None:
        if isinstance(trusted, str):
            raise TypeError(f"trusted is a list of addresses and networks; write [{trusted!r}]")
        if convention not in ("x-forwarded", "forwarded"):
            raise ValueError(f"convention is 'x-forwarded' or 'forwarded', got {convention!r}")
        self._trust_any = "*" in trusted
        try:
            self._networks = [ip_network(item) for item in trusted if item != "*"]
        except ValueError as exc:
            raise ValueError(f"trusted: {exc}; write addresses as '127.0.0.1' and networks as '10.0.0.0/8'") from None
        self._convention = convention
        self.trusts_host = trust_host

    def trusts(self, peer: str) -> bool:
        """Return whether a peer is a trusted proxy."""
        return self._trust_any or self._is_proxy(parse_address(peer))

    def _is_proxy(self, address: IPAddress | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def resolve(self, peer: str, headers: Headers) -> ForwardedClient | None:
        """Return what the peer reports about its client; None if the peer is not trusted.

        Whether the host may be used is `trusts_host`.
        """
        if not self.trusts(peer):
            return None
        return self._walk(forwarded(headers) if self._convention == "forwarded" else x_forwarded(headers))

    def _walk(self, hops: Iterator[Hop]) -> ForwardedClient:
        """Return the client of the last trusted hop; the nearest hop is first."""
        found: Hop | None = None
        for found in hops:
            if found.address is None or not self._is_proxy(parse_address(found.address)):
                break
        if found is None:
            return ForwardedClient()
        is_known = found.address is not None and parse_address(found.address) is not None
        return ForwardedClient(
            client=found.address if is_known else None,
            scheme=SCHEMES.get(found.scheme.lower()),
            host=found.host if parse_host(found.host) else None,
            is_unknown=found.address is not None and not is_known,
        )

    def seen_by_server(self, client: Sequence[object] | None, headers: Headers) -> bool:
        """Return whether the server has put an address of X-Forwarded-For into the scope, as uvicorn does.

        The proxy's own address, by which it is trusted, cannot be seen then.
        """
        if not client or client[1] or self.trusts(str(client[0])):
            return False
        return any(hop.address == client[0] for hop in x_forwarded(headers))


def forwarded(headers: Headers) -> Iterator[Hop]:
    """Yield the hops of Forwarded, the nearest first."""
    for element in forwarded_hops(headers.getlist("forwarded")):
        if element is None:
            yield Hop("", "", "")
        else:
            yield Hop(strip_port(element.for_ or ""), element.proto or "", element.host or "")


def x_forwarded(headers: Headers) -> Iterator[Hop]:
    """Yield the hops of X-Forwarded-For, the nearest first, each with the scheme and host at its place.

    A proxy that replaces a value, as is usual for scheme and host, leaves fewer of them than there are addresses: the
    leftmost then holds for the hops before it. Without an address there is one hop, whose client is the peer.
    """
    schemes = from_the_right(headers.getlist("x-forwarded-proto"))
    hosts = from_the_right(headers.getlist("x-forwarded-host"))
    scheme = host = ""
    is_alone = True
    for address in from_the_right(headers.getlist("x-forwarded-for")):
        is_alone = False
        scheme, host = next(schemes, scheme), next(hosts, host)
        yield Hop(strip_port(address), scheme, host)
    if is_alone:
        yield Hop(None, next(schemes, ""), next(hosts, ""))


def from_the_right(lines: Sequence[str]) -> Iterator[str]:
    """Yield the members of a list header, the last first."""
    return (item for line in reversed(lines) for item in map(str.strip, reversed(line.split(","))) if item)


def parse_address(text: str) -> IPAddress | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers as "::ffff:10.0.0.1".
    return getattr(address, "ipv4_mapped", None) or address


def strip_port(node: str) -> str:
    """Return the address of a hop: `1.2.3.4:80` or `[2001:db8::1]:80` without the port."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node

"""Which proxies to trust about the client."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, NamedTuple

from armillary.datastructures import Headers, parse_forwarded, parse_host

Convention = Literal["x-forwarded", "forwarded"]
IPAddress = IPv4Address | IPv6Address

# Some proxies report a WebSocket by its own scheme.
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class ForwardedClient(NamedTuple):
    """The client as its proxy describes it; None if the proxy does not say or the value is invalid."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None


class ProxyPolicy:
    """Trusts forwarding headers of configured peers only, nearest hop first.

    The list of addresses grows to the right with each hop, so it is read from the right, over
    hops that are trusted themselves, to the first that is not: that is the client. What is
    further left was written by the client and proves nothing.

    Args:
        trusted: addresses and networks of proxies, such as "127.0.0.1", "10.0.0.0/8"; "*" trusts
            every peer, which is safe only if no other client can connect.
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
        self._trust_host = trust_host

    def trusts(self, address: str) -> bool:
        if self._trust_any:
            return True
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def resolve(self, peer: str, headers: Headers) -> ForwardedClient | None:
        """Return what the peer reports about its client; None if the peer is not trusted."""
        if not self.trusts(peer):
            return None
        client = self.read_forwarded(headers) if self._convention == "forwarded" else self.read_x_forwarded(headers)
        return client if self._trust_host else client._replace(host=None)

    def read_x_forwarded(self, headers: Headers) -> ForwardedClient:
        scheme = last_item(headers, "x-forwarded-proto").lower()
        hops = [strip_port(item) for item in items(headers, "x-forwarded-for")]
        host = last_item(headers, "x-forwarded-host")
        return ForwardedClient(
            client=self.nearest_untrusted(hops),
            scheme=SCHEMES.get(scheme),
            host=host if parse_host(host) else None,
        )

    def read_forwarded(self, headers: Headers) -> ForwardedClient:
        try:
            hops = parse_forwarded(", ".join(headers.getlist("forwarded")))
        except ValueError:
            return ForwardedClient()
        if not hops:
            return ForwardedClient()
        scheme, host = (hops[-1].proto or "").lower(), hops[-1].host or ""
        return ForwardedClient(
            client=self.nearest_untrusted([strip_port(hop.for_ or "") for hop in hops]),
            scheme=SCHEMES.get(scheme),
            host=host if parse_host(host) else None,
        )

    def nearest_untrusted(self, addresses: list[str]) -> str | None:
        client = None
        for address in reversed(addresses):
            if parse_address(address) is None:
                break
            client = address
            if self._trust_any or not self.trusts(address):
                break
        return client


def parse_address(text: str) -> IPAddress | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers as "::ffff:10.0.0.1".
    return getattr(address, "ipv4_mapped", None) or address


def items(headers: Headers, name: str) -> list[str]:
    return [item.strip() for value in headers.getlist(name) for item in value.split(",")]


def last_item(headers: Headers, name: str) -> str:
    return (items(headers, name) or [""])[-1]


def strip_port(node: str) -> str:
    """Return the address of a hop: `1.2.3.4:80` or `[2001:db8::1]:80` without the port."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node

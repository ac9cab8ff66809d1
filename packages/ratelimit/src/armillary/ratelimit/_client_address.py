"""The default key of a request: its client's address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from armillary.asgi_types import Scope

SITE_PREFIX = 64
"""Bits of an IPv6 address that name a site; a single customer has all addresses below them."""


def client_address(scope: Scope) -> str:
    """Return the client's address: an IPv4 address, or the /64 network of an IPv6 address.

    Behind a proxy it is the proxy's, until `ProxyHeadersMiddleware` of armillary-security, further
    out, puts the client's in its place. Requests without an address, as over a Unix socket, are
    counted together.

    >>> client_address({"type": "http", "client": ("2001:db8:1:2:3:4:5:6", 5000)})
    '2001:db8:1:2::/64'
    """
    client = scope.get("client")
    host = str(client[0]) if client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, SITE_PREFIX), strict=False))
    return str(address)

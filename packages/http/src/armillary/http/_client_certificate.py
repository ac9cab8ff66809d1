"""The certificate a client presented, from the ASGI TLS extension."""

from typing import Any, NamedTuple

from armillary.asgi_types import Scope


class ClientCertificate(NamedTuple):
    """A client's certificate.

    Attributes:
        chain: PEM texts, the client's own first.
        name: its subject as an RFC 4514 string; None if the server does not pass it.
        error: why verification failed; None if it succeeded. Trust nothing while it is set.
    """

    chain: tuple[str, ...]
    name: str | None
    error: str | None

    @property
    def verified(self) -> bool:
        """Whether the server verified the certificate."""
        return self.error is None


def client_certificate(scope: Scope) -> ClientCertificate | None:
    """Return the client's certificate; None without TLS, without a certificate, or if the server passes nothing.

    >>> tls = {"client_cert_chain": ["-----BEGIN..."], "client_cert_name": "CN=ada"}
    >>> client_certificate({"extensions": {"tls": tls}}).name
    'CN=ada'
    """
    extensions: dict[str, dict[str, Any]] = scope.get("extensions") or {}
    tls = extensions.get("tls")
    if not tls:
        return None
    chain: tuple[str, ...] = tuple(tls.get("client_cert_chain") or ())
    if not chain:
        return None
    return ClientCertificate(chain, tls.get("client_cert_name"), tls.get("client_cert_error"))

"""Which security headers a response gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from armillary.datastructures import encode_header

from ._content_security_policy import ContentSecurityPolicy, Directives

Header = tuple[bytes, bytes]

YEAR: Final = 31_536_000
"""Seconds."""

FrameOptions = Literal["DENY", "SAMEORIGIN"]

# By parameter: the values browsers know; misspelt ones they ignore.
KNOWN_VALUES = {
    "frame_options": ("DENY", "SAMEORIGIN"),
    "referrer_policy": (
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ),
    "cross_origin_opener_policy": (
        "noopener-allow-popups",
        "same-origin",
        "same-origin-allow-popups",
        "unsafe-none",
    ),
    "cross_origin_embedder_policy": ("credentialless", "require-corp", "unsafe-none"),
    "cross_origin_resource_policy": ("cross-origin", "same-origin", "same-site"),
}


@dataclass(frozen=True, slots=True)
class StrictTransportSecurity:
    """The Strict-Transport-Security header (RFC 6797), sent over https only.

    Args:
        max_age: seconds for which browsers keep to https; one year by default.
        include_subdomains: whether every name below the host is included.
        preload: whether browsers may ship the host in their lists; needs a year and subdomains.

    Raises:
        TypeError: a max_age that is not an integer.
        ValueError: a negative max_age, or a preload without its conditions.
    """

    max_age: int = YEAR
    include_subdomains: bool = False
    preload: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.max_age, int) or isinstance(self.max_age, bool):
            raise TypeError(f"StrictTransportSecurity: max_age is a number of seconds, got {self.max_age!r}")
        if self.max_age < 0:
            raise ValueError(f"StrictTransportSecurity: max_age is in seconds, 0 or more; got {self.max_age}")
        if self.preload and not (self.include_subdomains and self.max_age >= YEAR):
            raise ValueError("StrictTransportSecurity: preload needs include_subdomains and a max_age of a year")

    def header(self) -> Header:
        """Return the header as it is sent."""
        value = f"max-age={self.max_age}"
        value += "; includeSubDomains" if self.include_subdomains else ""
        value += "; preload" if self.preload else ""
        return encode_header("strict-transport-security", value)


class SecurityHeadersPolicy:
    """The constant headers, encoded once, and the one that changes with each response."""

    def __init__(
        self,
        *,
        strict_transport_security: StrictTransportSecurity | None,
        frame_options: FrameOptions | None,
        referrer_policy: str | None,
        permissions_policy: Mapping[str, Iterable[str]] | str | None,
        cross_origin_opener_policy: str | None,
        cross_origin_embedder_policy: str | None,
        cross_origin_resource_policy: str | None,
        content_security_policy: Directives | str | None,
        report_only: bool,
    ) -> None:
        check_known("frame_options", frame_options)
        check_known("referrer_policy", referrer_policy)
        check_known("cross_origin_opener_policy", cross_origin_opener_policy)
        check_known("cross_origin_embedder_policy", cross_origin_embedder_policy)
        check_known("cross_origin_resource_policy", cross_origin_resource_policy)
        if not isinstance(strict_transport_security, StrictTransportSecurity | None):
            raise TypeError("strict_transport_security: write StrictTransportSecurity(max_age=31536000) or None")
        fields = {
            "x-content-type-options": "nosniff",
            "x-frame-options": frame_options,
            "referrer-policy": referrer_policy,
            "permissions-policy": join_permissions(permissions_policy),
            "cross-origin-opener-policy": cross_origin_opener_policy,
            "cross-origin-embedder-policy": cross_origin_embedder_policy,
            "cross-origin-resource-policy": cross_origin_resource_policy,
        }
        self._plain = [encode_header(name, value) for name, value in fields.items() if value is not None]
        self._secure = list(self._plain)
        if strict_transport_security is not None:
            self._secure.append(strict_transport_security.header())
        self.csp: ContentSecurityPolicy | None = (
            None if content_security_policy is None else ContentSecurityPolicy(content_security_policy)
        )
        self._csp_name = b"content-security-policy-report-only" if report_only else b"content-security-policy"

    def headers(self, secure: bool, nonce: str) -> list[Header]:
        """Return the headers of a response; `secure` is whether it goes over https."""
        constant = self._secure if secure else self._plain
        return constant if self.csp is None else [*constant, (self._csp_name, self.csp.header(nonce))]


def check_known(parameter: str, value: str | None) -> None:
    """Raise for a value that browsers do not know; a list of referrer policies has fallbacks before its last."""
    if value is None:
        return
    for item in value.partition(";")[0].split(","):
        if item.strip() not in KNOWN_VALUES[parameter]:
            raise ValueError(f"{parameter} is one of {', '.join(KNOWN_VALUES[parameter])}; got {value!r}")


def join_permissions(permissions: Mapping[str, Iterable[str]] | str | None) -> str | None:
    """Return the Permissions-Policy header: each feature with the origins that may use it."""
    if permissions is None or isinstance(permissions, str):
        return permissions
    return ", ".join(
        f"{feature}=({' '.join(allow_items(feature, allowed))})" for feature, allowed in permissions.items()
    )


def allow_items(feature: str, allowed: Iterable[str]) -> list[str]:
    if isinstance(allowed, str):
        raise TypeError(f"permissions_policy: {feature} takes a list of origins; write [{allowed!r}]")
    if not feature.replace("-", "").isalnum() or not feature.isascii():
        raise ValueError(f"permissions_policy: {feature!r} is not the name of a feature")
    items = list(allowed)
    for item in items:
        if not item.isascii() or not item.isprintable() or set(item) & set('"\\ '):
            raise ValueError(f"permissions_policy: {feature}: {item!r} is not an origin")
    return [item if item in ("self", "src", "*") else f'"{item}"' for item in items]

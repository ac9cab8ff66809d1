"""`starlette.middleware.trustedhost`: any list of names is taken, and any port of a Host header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from armillary.asgi_types import ASGIApp
from armillary.datastructures import parse_host
from armillary.security import TrustedHostMiddleware as NativeTrustedHostMiddleware, TrustedHostPolicy

from .._caution import caution

__all__ = ["ENFORCE_DOMAIN_WILDCARD", "TrustedHostMiddleware"]

ENFORCE_DOMAIN_WILDCARD = "Domain wildcard patterns must be like '*.example.com'."


class _Policy(TrustedHostPolicy):
    max_port = None
    takes_text = True

    def decide(self, hosts: Iterable[bytes]) -> Literal["allow", "redirect", "reject"]:
        """Allow what is listed letter by letter too, though it is no host, and names below that.

        Test clients use names such as ";", and "*.;" for those below it.
        """
        values = list(hosts)
        if len(values) == 1 and b":" not in values[0]:
            asked = values[0].decode("latin-1").lower()
            if asked in self._exact:
                return "allow"
            if any(asked.endswith(suffix) and parse_host(asked.removesuffix(suffix)) for suffix in self._suffixes):
                return "allow"
        return super().decide(values)

    def check_pattern(self, pattern: str) -> None:
        """Take all but a wildcard that is not the whole first label: a name that is no host matches none."""
        if "*" in pattern[1:] or (pattern.startswith("*") and pattern[1:2] not in ("", ".")):
            raise AssertionError(ENFORCE_DOMAIN_WILDCARD)


class TrustedHostMiddleware(NativeTrustedHostMiddleware):
    """The native middleware without its checks of the list of names."""

    policy_class = _Policy
    errors_as_text = True

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] | None = None, www_redirect: bool = True) -> None:
        if isinstance(allowed_hosts, str):
            caution(f"TrustedHostMiddleware: allowed_hosts is a list of names; write [{allowed_hosts!r}]")
        super().__init__(app, allowed_hosts, www_redirect)
        self.allow_any, self.www_redirect = self.policy.allow_any, www_redirect

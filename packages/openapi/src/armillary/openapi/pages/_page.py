"""What pages that show a document have in common."""

from __future__ import annotations

import posixpath
from typing import Any, Protocol
from urllib.parse import urlsplit

from armillary.http import Response
from armillary.routing import Route

Schema = dict[str, Any]

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


class Documented(Protocol):
    """Whose document a page shows."""

    path: str | None
    info: Schema

    def document(self) -> Schema:
        """Return the document."""
        ...


class Page(Protocol):
    """A page that shows a document."""

    path: str

    def routes(self, documented: Documented) -> list[Route]:
        """Return the routes of the page and of its files."""
        ...


def relative_url(target: str, page: str) -> str:
    """Return the URL of a path as the page refers to it, wherever the application is mounted.

    >>> relative_url("/openapi.json", "/docs"), relative_url("/openapi.json", "/api/docs")
    ('openapi.json', '../openapi.json')
    """
    return posixpath.relpath(target, posixpath.dirname(page))


def outside_origins(document: Schema) -> list[str]:
    """Return the origins that a document names for requests: of its servers and of tokens, sorted."""
    urls = [str(server.get("url", "")) for server in document.get("servers", [])]
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        urls.append(str(scheme.get("openIdConnectUrl", "")))
        for flow in scheme.get("flows", {}).values():
            urls += [str(flow.get("tokenUrl", "")), str(flow.get("refreshUrl", ""))]
    parts = [urlsplit(url) for url in urls]
    # A host with anything else in it could end the directive.
    return sorted(
        {
            f"{part.scheme}://{part.netloc}"
            for part in parts
            if part.scheme in ("http", "https") and part.netloc and not set(part.netloc) & set(" ;,{}'\"")
        }
    )


def content_security_policy(document: Schema, *, styles: str = "'self'") -> str:
    """Return the policy of a page: its own scripts and styles, and requests to what the document names."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self' data:",
            "font-src 'self' data:",
            " ".join(("connect-src 'self'", *outside_origins(document))),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def page_response(text: str, policy: str) -> Response:
    """Return a page that is not kept and runs under a policy."""
    headers = {"cache-control": "no-store", "content-security-policy": policy, **SECURITY_HEADERS}
    return Response(text, headers=headers, media_type="text/html")

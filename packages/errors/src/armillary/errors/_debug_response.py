"""The response to an unhandled exception in debug mode, in the form the client prefers."""

from __future__ import annotations

from typing import Final

from armillary.asgi_types import find_scope_record
from armillary.exchange import ErrorForm, preferred_form
from armillary.http import Request, Response

from ._concealment import CONCEALED, conceal_pairs, is_secret_name
from ._endpoint_frame import endpoint_frame
from ._endpoint_source import endpoint_at_fault
from ._html_page import RequestFacts, render_page
from ._plain_page import traceback_json, traceback_text

_MEDIA_TYPES: Final[dict[ErrorForm, str]] = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
}

_POLICY: Final = "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'"


def _shown_header(name: str, value: str) -> str:
    return CONCEALED if is_secret_name(name) else conceal_pairs(value)


def _request_facts(request: Request) -> RequestFacts:
    scope = request.scope
    query = scope.get("query_string", b"").decode("latin-1")
    target = scope.get("path", "") + (conceal_pairs(f"?{query}") if query else "")
    headers = tuple(
        (name, _shown_header(name, value.decode("latin-1")))
        for name, value in ((name.decode("latin-1"), value) for name, value in scope.get("headers", ()))
    )
    parameters = tuple((str(name), repr(value)) for name, value in scope.get("path_params", {}).items())
    client = scope.get("client")
    connection = (
        ("HTTP version", str(scope.get("http_version", ""))),
        ("Scheme", str(scope.get("scheme", "http"))),
        ("Mounted at", str(scope.get("root_path", "")) or "/"),
        ("Client", f"{client[0]} port {client[1]}" if client else "unknown"),
    )
    return RequestFacts(
        f"{scope['method']} {target}",
        (("Path parameters", parameters), ("Headers", headers), ("Connection", connection)),
    )


def debug_response(request: Request, exc: Exception, *, show_locals: bool = False) -> Response:
    """Return the 500 response that shows an exception.

    Args:
        request: the request that failed; its Accept header chooses the form.
        exc: the exception, with its traceback.
        show_locals: whether frames show their local variables.
    """
    form = preferred_form(request.headers.get("accept", ""), "text")
    nonce = None
    if form == "html":
        nonce = (find_scope_record(request.scope) or {}).get("csp_nonce")
        endpoint = endpoint_at_fault(exc, request.scope)
        frame = None if endpoint is None else endpoint_frame(endpoint)
        facts = _request_facts(request)
        content = render_page(exc, facts, show_locals=show_locals, style_nonce=nonce, endpoint=frame)
    elif form == "json":
        content = traceback_json(exc, show_locals=show_locals)
    else:
        content = traceback_text(exc)
    style_source = "'unsafe-inline'" if nonce is None else f"'nonce-{nonce}'"
    return Response(
        content.encode("utf-8", "backslashreplace"),
        500,
        {
            "content-type": _MEDIA_TYPES[form],
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "content-security-policy": _POLICY.format(style_source),
        },
    )

"""Checks of settings that are insecure in production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ._finding import Finding
from ._middleware_list import MiddlewareEntry, application_middleware

_PLACEHOLDERS = ("change", "secret-key", "your-", "example", "insecure", "placeholder", "xxxxxx", "0123456789")
_SESSIONS = ("SessionMiddleware", "ServerSessionMiddleware")
_UNSAFE_METHODS = {"POST", "PUT", "PATCH", "DELETE"}


def check_security(app: Any) -> Iterator[Finding]:
    """Yield the findings about an application's settings and middleware."""
    if getattr(app, "debug", False) is True:
        sentence = "debug=True: error pages show source and paths to everybody"
        yield Finding("debug", "error", sentence, "leave debug out; armillary dev sets it")
    if not hasattr(app, "user_middleware"):
        return
    entries = application_middleware(app)
    by_name = {entry.name: entry for entry in entries}
    for entry in entries:
        if entry.name in _SESSIONS:
            yield from _session(entry)
        elif entry.name == "CORSMiddleware":
            yield from _cors(entry)
        elif entry.name == "ProxyHeadersMiddleware" and "*" in _items(entry.arguments.get("trusted")):
            sentence = "ProxyHeadersMiddleware believes every client what address it has"
            yield Finding("proxy headers", "error", sentence, 'name the proxies: trusted=["10.0.0.0/8"]')
    yield from _missing(app, by_name)


def _session(entry: MiddlewareEntry) -> Iterator[Finding]:
    arguments = entry.arguments
    keys = arguments.get("secret_key")
    for key in [keys] if isinstance(keys, str) else _items(keys):
        text = str(key)
        if len(set(text)) < 10 or any(word in text.lower() for word in _PLACEHOLDERS):
            yield Finding(
                "session key",
                "error",
                "the secret_key of SessionMiddleware looks like a placeholder; who knows it can be any user",
                'read it from the environment; python -c "import secrets; print(secrets.token_urlsafe(32))" makes one',
            )
    if arguments.get("https_only") is False:
        sentence = f"{entry.name} has https_only=False: the session cookie is sent over plain HTTP too"
        yield Finding("session cookie", "error", sentence, "leave https_only out: it follows the scheme of the request")
    if arguments.get("same_site") == "none":
        sentence = f'{entry.name} has same_site="none": every site can send requests with the session'
        yield Finding("session cookie", "advice", sentence, 'write same_site="lax", unless the app lives in frames')


def _cors(entry: MiddlewareEntry) -> Iterator[Finding]:
    arguments = entry.arguments
    if "null" in _items(arguments.get("allow_origins")):
        sentence = 'CORSMiddleware allows the origin "null", which any page can have'
        yield Finding("cors", "error", sentence, "name the origins of your pages")
    if "*" in _items(arguments.get("allow_origins")) and "authorization" in {
        str(name).lower() for name in _items(arguments.get("allow_headers"))
    }:
        sentence = "CORSMiddleware lets pages of every origin send Authorization"
        yield Finding("cors", "advice", sentence, "name the origins of your pages")


def _missing(app: Any, entries: dict[str, MiddlewareEntry]) -> Iterator[Finding]:
    hosts = entries.get("TrustedHostMiddleware")
    if hosts is None or "*" in _items(hosts.arguments.get("allowed_hosts") or ["*"]):
        sentence = "any Host header is accepted, so url_for can be made to lead to another site"
        yield Finding("hosts", "advice", sentence, 'add Middleware(TrustedHostMiddleware, ["your.domain"])')
    if "SecurityHeadersMiddleware" not in entries:
        sentence = "responses have no security headers (Strict-Transport-Security, frame and referrer policy)"
        yield Finding("headers", "advice", sentence, "add Middleware(SecurityHeadersMiddleware)")
    uses_sessions = any(name in entries for name in _SESSIONS)
    if uses_sessions and "CSRFMiddleware" not in entries and _changes_something(app):
        sentence = "forms of other sites can act as the user who is logged in: there are sessions, and no CSRF check"
        yield Finding("csrf", "error", sentence, "add Middleware(CSRFMiddleware), from armillary.security")


def _changes_something(app: Any) -> bool:
    return any(
        _UNSAFE_METHODS & set(getattr(route, "methods", None) or ()) or _changes_something(route)
        for route in getattr(app, "routes", ())
    )


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        return [value]
    return [*value] if isinstance(value, (list, tuple, set, frozenset)) else []  # pyright: ignore[reportUnknownVariableType]

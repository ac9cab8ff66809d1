"""The differences between the interface of Starlette and that of the drop-in that stay, each with its reason.

More members, more names and more arguments that may be left out are no differences: programs for Starlette do not use
them. Bases of Armillary's own are left out too.
"""

from __future__ import annotations

SAME_CLASS = "the native class under two names, which takes one positional argument and names it"
OWN_PAGE = "the debug page is not Starlette's; its templates are kept for subclasses that format them"

ITERATOR = "an iterator with `aclose()`, which may be left at any point with nothing to clean up"

REPLACEABLE = "the coroutine function, in a descriptor that knows when a program replaces it on an instance"

KNOWN: dict[str, str] = {
    "starlette.[*].*": "the module is the package's own, whose star import gives what switches the alias",
    "starlette.*.CONVERTOR_TYPES": "two convertors more, which the native routing has",
    "starlette.convertors.FloatConvertor.regex": "the same language, without a group of its own",
    "starlette.datastructures.FormData()": SAME_CLASS,
    "starlette.datastructures.ImmutableMultiDict()": SAME_CLASS,
    "starlette.datastructures.MultiDict()": SAME_CLASS,
    "starlette.datastructures.MultiDict.update()": SAME_CLASS,
    "starlette.datastructures.QueryParams()": SAME_CLASS,
    "starlette.datastructures.*Headers.raw": "the list may be replaced too",
    "starlette.datastructures.URL.__hash__": "a URL may be a key too",
    "starlette.formparsers.FormMessage*": "an enumeration warns when it is called, by a metaclass",
    "starlette.middleware.errors.CENTER_LINE": OWN_PAGE,
    "starlette.middleware.errors.FRAME_TEMPLATE": OWN_PAGE,
    "starlette.middleware.errors.JS": OWN_PAGE,
    "starlette.middleware.errors.LINE": OWN_PAGE,
    "starlette.middleware.errors.STYLES": OWN_PAGE,
    "starlette.middleware.errors.TEMPLATE": OWN_PAGE,
    "starlette.requests.Request.stream": ITERATOR,
    "starlette.requests.TypeVar": "typing's own, which is that of typing_extensions from Python 3.13 on",
    "starlette.websockets.WebSocket.iter_*": ITERATOR,
    "starlette.websockets.WebSocket.receive": REPLACEABLE,
    "starlette.websockets.WebSocket.send": REPLACEABLE,
    "starlette.websockets.WebSocketDisconnected*": "a WebSocketDisconnect too, so that native parts know one class",
}
"""Patterns of places, as compare.py prints them, to reasons."""

KNOWN_EFFECTS: dict[str, str] = {
    'URL("http://[[]::1")': "its repr() shows the text, and no report of an error fails for it",
    '*replace(*path="//evil.org"*': "a path does not become an authority (security)",
    '*replace(username="a@b"*': "a user name does not end before its end (security)",
    'URL*"server": ("/sock", None)*': "the path of a Unix socket is not told to clients (security)",
    'ImmutableMultiDict([[]("a", 1)[]]) == MultiDict*': "the native classes, which are equal if they hold the same",
    "http(StreamingResponse([[]1[]]))": "the AttributeError is a TypeError too, which says what to write",
    'http(StreamingResponse("ab"*': "the same body, in one part instead of one for each character",
    'compile_path("/{a:path}")*': "a line feed at the end of a path is a part of it (security)",
    'http(HTTPSRedirectMiddleware*"[[]::1[]]:80"*': "an IPv6 address keeps its brackets; no client follows it without",
    "http(RequestBodyLimitMiddleware(lambda*": "the connection whose body was not read is closed (security)",
    "http(RequestBodyLimitMiddleware(plain, -1))": "a negative limit rejects a request without a body too",
}
"""Patterns of inputs to reasons: what stays different of the effects in inputs.txt."""

"""The differences between Armillary's own classes and the drop-in, which behaves as Starlette does.

`DIFFERENCES` is the one list; the table in docs/packages/starlette.md is generated from it. Each row names the
attributes of the drop-in that implement the difference, so that a test can check that the list is complete and true.

usage: python tools/native_differences.py            rewrite the table
       python tools/native_differences.py --check    exit with 1 if it is not current
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[1] / "docs/packages/starlette.md"
BEGIN = "<!-- The table below is made by tools/native_differences.py. -->"
END = "<!-- end of the table -->"


class Difference(NamedTuple):
    """One behaviour."""

    subject: str
    drop_in: str
    native: str
    implemented_by: tuple[str, ...]
    """`module.Class.attribute` below `armillary.starlette`."""


DIFFERENCES = [
    Difference(
        "500 and user middleware",
        "the 500 is made outside all middleware, so it lacks CORS and other headers",
        "the 500 passes through the program's middleware",
        ("applications.Starlette.build_middleware_stack",),
    ),
    Difference(
        "Late exception handlers and middleware",
        "handlers may be added, and both edited, after the first request, without effect",
        "`RuntimeError`, and keys are checked",
        (
            "applications.Starlette.add_exception_handler",
            "applications.Starlette.rejects_late_changes",
            "middleware.exceptions.ExceptionMiddleware.__init__",
        ),
    ),
    Difference(
        "Request bodies",
        "unlimited unless `max_body_size` sets one, which middleware applies",
        "at most 16 MiB, even without middleware",
        (
            "applications.Starlette.__init__",
            "requests.Request.max_body_size",
            "middleware.body_limit.RequestBodyLimitMiddleware.__init__",
            "middleware.body_limit.RequestBodyLimitMiddleware.record_key",
            "routing.Route.__init__",
            "routing.Route.limited_app",
            "routing.Mount.__init__",
            "routing.Mount.limited_app",
            "routing.Router.__init__",
            "routing.Router.limited_app",
        ),
    ),
    Difference(
        "A body that stops arriving",
        "waited for without limit",
        "a 408 after 30 seconds",
        ("requests.Request.body_idle_timeout",),
    ),
    Difference(
        "A body over its limit",
        "413 `Content Too Large`; the connection is closed if the declared length is over it",
        "413 with a sentence that names the limit, and the connection is closed",
        ("middleware.body_limit._RequestBodyTooLarge.__init__",),
    ),
    Difference(
        "`request.json()`",
        "any media type; bad JSON raises in the endpoint, so it is a 500; NaN and any depth are accepted",
        "415 for another media type; 400 with the position for bad JSON, NaN and deep nesting",
        ("requests.Request.json_media_types_only", "requests.Request.decode_json_body"),
    ),
    Difference(
        "Form limits",
        "`max_files`, `max_fields`, `max_part_size` for each text; a form over them is a 400; files without limit",
        "limits on files, their sizes, header bytes and the whole form too; a form over them is a 413",
        ("requests.Request.form", "requests.Request.parse_form", "formparsers.MultiPartParser.__init__"),
    ),
    Difference(
        "Form text that is not in its charset, or of bytes that should be encoded",
        "decoded as latin-1",
        "U+FFFD for what is invalid; UTF-8",
        ("formparsers.MultiPartParser.decode_text", "formparsers._Latin1Decoder.decode_field"),
    ),
    Difference(
        "Files of a form",
        "stay open until `close()` or the end of `async with`",
        "are closed after the response, unless detached",
        ("requests.Request.closes_form",),
    ),
    Difference(
        "`request.url`",
        "made of the decoded path",
        "made of the path as it was sent",
        ("datastructures.URL.encode_path",),
    ),
    Difference(
        "Cookies that browsers drop",
        "are sent",
        "`ValueError` in `set_cookie`",
        ("_response.Response.strict_cookies",),
    ),
    Difference(
        "Partitioned cookies",
        "`ValueError` below Python 3.14",
        "on every Python",
        ("_response.Response.check_partitioned",),
    ),
    Difference(
        "Statuses and headers of a response",
        "any",
        "a status of three digits; no Transfer-Encoding",
        ("_response.Response.strict_arguments", "_response.Response.check_status"),
    ),
    Difference(
        "JSON encoder",
        "a `json.dumps` that was replaced is called",
        "`encoder` of the class",
        ("responses.JSONResponse.render",),
    ),
    Difference(
        "Dates, sets, structs and models in a `JSONResponse`",
        "`TypeError`",
        "are encoded",
        ("responses.JSONResponse.encoder",),
    ),
    Difference(
        "An `OSError` of the server in a stream, after the client has left",
        "is raised below ASGI 2.4, and is a `ClientDisconnect` from there on, at the start too",
        "is a `ClientDisconnect`",
        (
            "_streaming_response.StreamingResponse.run_while_connected",
            "_streaming_response.StreamingResponse.send_start",
        ),
    ),
    Difference(
        "Rejected handshakes",
        "are sent as a response whatever the server announces; `send_denial_response` raises without the extension",
        "are closed with 403 if the server has no such extension",
        ("_response.Response.denial_without_extension", "websockets.WebSocket.needs_denial_response"),
    ),
    Difference(
        "Malformed Range header; one range of several outside of the file",
        "400; 416, without fields of the file",
        "is ignored, as in RFC 9110; the others are sent",
        ("_file_response.FileResponse.plan_ranges", "_file_response.FileResponse.reject_malformed_ranges"),
    ),
    Difference(
        "Conditions on `FileResponse`",
        "only If-Range",
        "If-Match, If-None-Match and the dates too",
        ("_file_response.FileResponse.conditional",),
    ),
    Difference(
        "Entity tags and media types of files",
        "the MD5 that other processes on Starlette give the same file; types of the system's tables",
        "from size and time in nanoseconds; one table on every system",
        ("_file_response.FileResponse.make_etag", "_file_response.FileResponse.guess_media_type"),
    ),
    Difference(
        "How a file is opened and sent",
        "by `anyio.open_file`; an `OSError` of the server's `send` passes",
        "one thread hop; a disconnected client ends the response quietly",
        ("_file_response.FileResponse.open", "_file_response.FileResponse.send_message"),
    ),
    Difference(
        "405 and its `Allow`",
        "names the methods of the first route on the path",
        "names those of all routes on the path",
        ("routing._Policy.allow_union",),
    ),
    Difference(
        "Slash redirects",
        "absolute URL, made of the Host header",
        "relative path",
        ("routing.Router.redirect",),
    ),
    Difference(
        "404 and 405",
        "are raised in an application, so that handlers always see them",
        "are raised only if a handler is registered, else sent",
        ("routing.BaseRoute.raises", "routing.Router.raises"),
    ),
    Difference(
        "`url_path_for`",
        "puts parameters into the path as they are",
        "percent-encodes them, and rejects a value that makes a segment `.` or `..`, which leads elsewhere",
        ("routing._Policy.encodes_paths",),
    ),
    Difference(
        "A route of an application that serves WebSockets too",
        "takes requests only",
        "takes both, if the application declares it by `serves_websockets`",
        ("routing._Policy.takes_websockets",),
    ),
    Difference(
        "Stray braces, and `<int:id>` or `:id`, in a path template",
        "are text",
        "`ValueError` that says what to write",
        ("routing._Policy.lenient_paths",),
    ),
    Difference(
        "A parameter of a host",
        "matches several labels; stray braces are text",
        "matches one label",
        ("routing._Policy.lenient_paths",),
    ),
    Difference(
        "`url_for` of a route below a `Host`",
        "has no port, unless the host names one",
        "has the port of the request",
        ("requests.HTTPConnection.hosts_keep_port",),
    ),
    Difference(
        "`Route(methods=[])`",
        "takes every method",
        "`ValueError`",
        ("routing.Route.method_set",),
    ),
    Difference(
        "The routes of a router",
        "may be anything, and an attribute assigned to one counts at once",
        "`TypeError` for what is no route; an edited route is put into `router.routes` again",
        (
            "routing.Router.route_list_type",
            "_watched_routes.WatchedRouteList.checked",
            "_watched_routes.WatchedRouteList.compile",
        ),
    ),
    Difference(
        "Reversing a mount without its parameter",
        'leaves "{tenant}" in the path',
        "`NoMatchFound`",
        ("routing._Policy.keeps_missing_params",),
    ),
    Difference(
        "Scope below a mount",
        "`root_path` is changed in the caller's dict",
        "in a copy",
        ("routing._Policy.scope_in_place",),
    ),
    Difference(
        "A mount below a prefix of the server that the path lacks",
        "its routes are not found",
        "its routes are found",
        ("routing.Mount.match_below",),
    ),
    Difference(
        "Operations that a schema generator finds",
        "tuples of path, method and function",
        "the convertors of the path's parameters too",
        ("schemas.BaseSchemaGenerator.get_endpoints",),
    ),
    Difference(
        "Generator functions as lifespans",
        "work, with a deprecation warning",
        "`TypeError` with the fix",
        ("routing.Router.lifespan_of",),
    ),
    Difference(
        "Context variables that a function sets in a thread",
        "stay in the thread",
        "are set in its caller's context too",
        ("concurrency.DefaultThreads.carries_context_back",),
    ),
    Difference(
        "`Config(cast=list)`, `set` or `tuple` of a text",
        "makes letters of it",
        "`TypeError` that names `CommaSeparatedStrings`",
        ("config.Config.rejects_letters",),
    ),
    Difference(
        "`URL` of a text or scope with components beside it",
        "`AssertionError`",
        "the components replace what the text has; text and scope together are a `TypeError`",
        ("datastructures.URL.misuse_error", "datastructures.URL.takes_changes"),
    ),
    Difference(
        "The text of a `URL` without an authority",
        "as `urllib` writes it",
        "as RFC 3986 writes it",
        ("datastructures.URL.compose",),
    ),
    Difference(
        "What `vars()` of an `UploadFile` holds",
        "file, size, name and headers",
        "its own attributes",
        ("datastructures.UploadFile.__init__", "datastructures.UploadFile.file"),
    ),
    Difference(
        "Threads of sync endpoints, files and background tasks",
        "anyio's 40, shared by all",
        "a limiter for each purpose",
        (
            "datastructures.UploadFile.in_thread",
            "background.BackgroundTask.options",
            "concurrency.DefaultThreads.make_capacity",
            "endpoints.HTTPEndpoint.call_in_thread",
            "routing.Route.function_app",
        ),
    ),
    Difference(
        "A stop of the server while event streams or WebSockets are open",
        "waits for them",
        "ends them, as `Stopping` does",
        ("applications.Starlette.watches_stop_signals",),
    ),
    Difference(
        "Errors without a handler",
        "are plain text",
        "are problem documents, or plain text for a client that prefers it",
        (
            "middleware.body_limit.RequestBodyLimitMiddleware.errors_as_text",
            "middleware.exceptions.ExceptionMiddleware.http_exception",
            "middleware.httpsredirect.HTTPSRedirectMiddleware.errors_as_text",
            "middleware.trustedhost.TrustedHostMiddleware.errors_as_text",
            "requests.Request.errors_as_text",
            "routing._Policy.errors_as_text",
        ),
    ),
    Difference(
        "Lifespans of mounted applications",
        "are not run",
        "are run inside that of the application above, unless `lifespan=False`",
        ("routing.Host.runs_lifespan", "routing.Mount.runs_lifespan"),
    ),
    Difference(
        "`debug=True`, while the lifespan runs",
        "says nothing by itself",
        "logs routes that can never match, names that two routes have, and calls that block the event loop",
        ("applications.Starlette.warns_in_debug",),
    ),
    Difference(
        "A body declared larger than its limit, read in parts, or of JSON over 1 MiB",
        "reaches the endpoint; `body()` returns what is left of it; is decoded in the event loop's thread",
        "is a 413 before the endpoint is called; is an error; is decoded in a worker thread",
        (
            "requests.Request.json_thread_size",
            "requests.Request.keeps_rest_of_stream",
            "requests.Request.rejects_declared_size",
        ),
    ),
    Difference(
        "Part headers and the end of multipart forms",
        "read leniently; a form may lack its last delimiter",
        "repeated or control characters, and a missing last delimiter, are a 400",
        ("formparsers.MultiPartParser.demands_end", "formparsers.MultiPartParser.part_policy"),
    ),
    Difference(
        "Cookies in UTF-8",
        "are read as latin-1",
        "are read as UTF-8 if their bytes are that",
        ("requests.HTTPConnection.parse_cookie_header",),
    ),
    Difference(
        "Changes of a session",
        "those inside values are not noticed; one that comes too late is dropped; a cookie is valid under any name",
        "all are saved, with a denial response too; a late one is an error; a cookie is signed for its name",
        (
            "middleware.sessions.SessionMiddleware.cookie_messages",
            "middleware.sessions.SessionMiddleware.finds_changes_inside",
            "middleware.sessions.SessionMiddleware.rejects_late_changes",
            "middleware.sessions.SessionMiddleware.signs_for_name",
        ),
    ),
    Difference(
        "A background task that cannot be called",
        "is an error when it runs",
        "is an error where it is made",
        ("background.BackgroundTask.checks_function",),
    ),
    Difference(
        "A background task that fails",
        "drops those after it",
        "the others still run",
        ("background.BackgroundTasks.isolates_failures",),
    ),
    Difference(
        "`BaseHTTPMiddleware`",
        "runs the application in a child task: context variables set below are lost above, and `is_disconnected()` "
        "of the endpoint stays False",
        "`armillary.middleware.DispatchMiddleware` has no child task",
        (
            "middleware.base.BaseHTTPMiddleware.__call__",
            "middleware.base._CachedRequest.is_disconnected",
            "middleware.base._StreamingResponse.__init__",
            "middleware.base._StreamingResponse.__call__",
        ),
    ),
    Difference(
        "CORS",
        "all origins together with credentials are allowed; a regex may allow `null`; WebSockets are not checked",
        "`ValueError` for the pair; `null` only if it is listed; WebSockets can be checked",
        (
            "middleware.cors._Policy.allows_any_origin_with_credentials",
            "middleware.cors._Origins.regex_may_allow_null",
            "middleware.cors.CORSMiddleware.__call__",
        ),
    ),
    Difference(
        "Arguments of CORS",
        "any: strings for lists, origins with a slash or path, compiled expressions, any `max_age`; a rejected "
        "preflight has every field",
        "`TypeError` or `ValueError` for what no browser sends; a rejected preflight has the origin's fields only",
        (
            "middleware.cors.CORSMiddleware.__init__",
            "middleware.cors._Origins.__init__",
            "middleware.cors._Origins.allow",
            "middleware.cors._Policy.allow_headers",
            "middleware.cors._Policy.rejects_with_all_fields",
            "middleware.cors._Policy.strict_arguments",
        ),
    ),
    Difference(
        "`HTTPSRedirectMiddleware` and a malformed Host header",
        "redirects to the server's own address",
        "400",
        ("middleware.httpsredirect.HTTPSRedirectMiddleware.names_server",),
    ),
    Difference(
        "Trusted hosts",
        "any list of names, and any port in a request",
        "`ValueError` for what is no host name; a port above 65535 is rejected",
        (
            "middleware.trustedhost.TrustedHostMiddleware.__init__",
            "middleware.trustedhost._Policy.check_pattern",
            "middleware.trustedhost._Policy.decide",
            "middleware.trustedhost._Policy.max_port",
            "middleware.trustedhost._Policy.takes_text",
        ),
    ),
    Difference(
        "Endpoints, applications, handlers and middleware that cannot be called; `debug` that is no bool",
        "are an error when a request comes, or when the middleware is built; any `debug` is taken",
        "`TypeError` at construction",
        (
            "applications.Starlette.check_debug",
            "applications.Starlette.check_exception_handler",
            "applications.Starlette.check_middleware",
            "routing.BaseRoute.check_callable",
            "routing.Router.check_callable",
        ),
    ),
    Difference(
        "Class of the error for a wrong path, host or scope, and for `Headers` of two sources",
        "`AssertionError`",
        "`ValueError`, `TypeError` or `RuntimeError`",
        (
            "datastructures.Headers.misuse_error",
            "routing._Policy.scope_error",
            "requests.HTTPConnection.__init__",
            "requests.Request.wrong_scope_error",
            "routing.Host.__init__",
            "routing.WebSocketRoute.__init__",
            "websockets.WebSocket.__init__",
        ),
    ),
    Difference(
        "Names and `samesite` of cookies",
        "`CookieError` and `AssertionError`",
        "`ValueError`",
        ("_response.Response.set_cookie",),
    ),
    Difference(
        "A Content-Length given by hand",
        "is kept",
        "is replaced by that of the body",
        ("_response.Response._keep_given_length",),
    ),
    Difference(
        "Credentials",
        "a string is a list of its characters",
        "`TypeError` for a string",
        ("authentication.AuthCredentials.takes_text",),
    ),
    Difference(
        "Private names of a request",
        "what it computes is kept in `_headers`, `_url`, `_cookies` and the like, and may be replaced or deleted there",
        "is kept under the public name",
        (
            "datastructures.Headers.raw",
            "requests.HTTPConnection.base_url",
            "requests.HTTPConnection.cookies",
            "requests.HTTPConnection.headers",
            "requests.HTTPConnection.query_params",
            "requests.HTTPConnection.state",
            "requests.HTTPConnection.url",
        ),
    ),
    Difference(
        "Session keys and cookies",
        "any key; cookies over 4 KiB are sent, and dropped by browsers",
        "a key of at least 16 characters; `ValueError` for a cookie too large",
        (
            "middleware.sessions.SessionMiddleware.min_key_length",
            "middleware.sessions.SessionMiddleware.max_cookie_size",
            "middleware.sessions.SessionMiddleware.allows_any_max_age",
        ),
    ),
    Difference(
        "Attributes of the session cookie",
        "any, also those with which browsers drop it",
        "`ValueError` for those, and `Secure` if the others need it",
        ("middleware.sessions.SessionMiddleware.allows_any_cookie",),
    ),
    Difference(
        "`session.pop` of a missing key",
        "is not an access: the response has no `Vary: Cookie`",
        "is one, as is any read of a session",
        ("middleware.sessions.Session.pop",),
    ),
    Difference(
        "`Secure` on the session cookie",
        "is `Secure` only with `https_only`",
        "is `Secure` whenever the request came over TLS",
        ("middleware.sessions.SessionMiddleware.__init__",),
    ),
    Difference(
        "Failed authentication",
        "400, a WebSocket closed with 1000",
        "401 if there is a challenge, a WebSocket closed with 1008 and the reason",
        (
            "middleware.authentication.AuthenticationMiddleware.reject",
            "middleware.authentication.AuthenticationMiddleware.default_on_error",
        ),
    ),
    Difference(
        "Unhandled exceptions",
        "are raised again without a log record; WebSockets are left to the server; a disconnected client raises",
        "are logged once; WebSockets are closed with 1011; a disconnected client ends the request",
        (
            "middleware.errors.ServerErrorMiddleware.report",
            "middleware.errors.ServerErrorMiddleware.absorbs_disconnects",
            "middleware.errors.ServerErrorMiddleware.closes_websockets",
        ),
    ),
    Difference(
        "Text of the debug page",
        "Starlette's hooks to change it: `generate_html`, `format_line`",
        "its own page, bounded in size, with secrets masked",
        (
            "middleware.errors.ServerErrorMiddleware.debug_response",
            "middleware.errors.ServerErrorMiddleware.error_response",
        ),
    ),
    Difference(
        "A handled exception after the response began",
        "`RuntimeError`",
        "its handler runs, the exception is reported and raised again",
        ("middleware.exceptions.ExceptionMiddleware.handle_after_start",),
    ),
    Difference(
        "HTTP endpoints as classes",
        "leave exceptions to the application",
        "handle `HTTPException` themselves, also outside an application",
        ("endpoints.HTTPEndpoint.dispatch", "endpoints.HTTPEndpoint.method_not_allowed"),
    ),
    Difference(
        "WebSocket limits",
        "none but the server's",
        "on messages, the receive queue, idle time and a send that waits",
        ("websockets.WebSocket.limits",),
    ),
    Difference(
        "Origin of a WebSocket with a session or user",
        "is not checked",
        "must be the server's own or a listed one",
        (
            "middleware.authentication.AuthenticationMiddleware.checks_origins",
            "middleware.sessions.SessionMiddleware.checks_origins",
            "websockets.WebSocket.origin_policy",
        ),
    ),
    Difference(
        "End of a WebSocket handler",
        "leaves the connection open for the server to end",
        "closes it",
        ("websockets.WebSocket.closes_after_handler",),
    ),
    Difference(
        "A WebSocket whose send fails",
        "ended with 1006",
        "ended with the code that the peer closed with, if the server reports it within a second",
        ("websockets.WebSocket.waits_for_close_code",),
    ),
    Difference(
        "Close codes, reasons and subprotocols",
        "are left to the server, except for CR, LF and NUL",
        "those that cannot be sent are a `ValueError`; a long reason is cut",
        (
            "exceptions.WebSocketException.allows_any_code",
            "websockets.WebSocket.check_close",
            "websockets.WebSocket.check_subprotocol",
            "websockets.WebSocketClose.check",
        ),
    ),
    Difference(
        "JSON on WebSockets",
        "bad JSON raises `json.JSONDecodeError`; NaN is sent; any depth",
        "bad JSON is a `MalformedMessage`, which ends the connection; NaN, huge numbers and depth are rejected",
        ("websockets.WebSocket.decode_json", "websockets.WebSocket.encode_json"),
    ),
    Difference(
        "WebSocketEndpoint and bad data",
        "closes with 1003 and raises `RuntimeError`",
        "a `WebSocketException`, which closes with 1003, or 1007 for bad JSON",
        (
            "_websocket_endpoint.WebSocketEndpoint.close_code_of",
            "_websocket_endpoint.WebSocketEndpoint.dispatch",
            "_websocket_endpoint.WebSocketEndpoint.reject",
            "_websocket_endpoint.WebSocketEndpoint.reject_json",
        ),
    ),
    Difference(
        "A response of an exception handler, after a WebSocket was accepted",
        "is sent, which servers reject",
        "closes the WebSocket, with 1008 or 1011 by its status",
        (
            "middleware.exceptions.ExceptionMiddleware.send_websocket_response",
            "websockets.WebSocket.send_handler_response",
        ),
    ),
    Difference(
        "A value that a WebSocket's handler returns",
        "is dropped",
        "is an error that says to send it",
        ("websockets.WebSocket.rejects_results",),
    ),
    Difference(
        "A WebSocket message of bytes where text is received, or the reverse",
        "`KeyError`, or None",
        "closes with 1003",
        ("websockets.WebSocket.missing_payload",),
    ),
    Difference(
        "A WebSocket that lacks a scope of `requires`",
        "is closed with 1000",
        "is closed with 1008",
        ("websockets.WebSocket.missing_scope_code",),
    ),
    Difference(
        "A send after the peer has closed the WebSocket",
        "is left to the server",
        "`WebSocketDisconnected`",
        ("websockets.WebSocket.sends_after_end", "websockets.WebSocket.too_late_text"),
    ),
    Difference(
        "Misuse of a closed WebSocket",
        "one exception whether it was never accepted or is closed",
        "one that names the state and the fix",
        ("websockets.WebSocket.explains_unaccepted",),
    ),
    Difference(
        "Static files",
        "hidden files are served; no variants; no Cache-Control; no Last-Modified in a 304; no If-Match; 401 if access "
        "is denied",
        "hidden files are a 404; .br, .zst and .gz siblings; caching; 412; 404 if access is denied",
        (
            "staticfiles.StaticFiles.__init__",
            "staticfiles.StaticFiles.handles_preconditions",
            "staticfiles.StaticFiles.permission_error_status",
            "staticfiles.NotModifiedResponse.NOT_MODIFIED_HEADERS",
        ),
    ),
    Difference(
        "A file that is written to while it is sent, by `FileResponse` or `StaticFiles`",
        "is sent to its end, a mixture of both",
        "breaks the connection, unless the class sets `allows_changes`",
        ("_file_response.FileResponse.allows_changes",),
    ),
    Difference(
        "Names of static files",
        'any that the system allows; ".." is resolved inside the directory; a slash may follow a file\'s name',
        "those that are valid on every system; a file is no directory",
        ("staticfiles.StaticFiles.portable_names", "staticfiles.StaticFiles.get_path"),
    ),
    Difference(
        "StaticFiles outside an application",
        "raises 404 and 405, closes WebSockets with 1000; redirects to absolute URLs; needs no directory",
        "responds itself, to WebSockets too; redirects to relative paths; `ValueError`",
        (
            "staticfiles.StaticFiles.raises_http_exceptions",
            "staticfiles.StaticFiles.closes_websockets",
            "staticfiles.StaticFiles.directory_location",
            "staticfiles.StaticFiles.allows_no_directory",
        ),
    ),
    Difference(
        "Templates",
        "only names ending in .html, .htm and .xml are escaped; context processors win over the endpoint; "
        "a folder may be missing",
        "everything is escaped; the endpoint wins; a missing folder is an error at construction",
        (
            "templating.Jinja2Templates.check_directory",
            "templating.Jinja2Templates.make_autoescape",
            "templating.Jinja2Templates.make_context",
            "templating.Jinja2Templates.misconfigured",
        ),
    ),
    Difference(
        "The body of a response to HEAD, or of status 1xx, 204 and 304",
        "is sent as any other, and a stream is read; the server drops it",
        "is left out, and a stream is not read",
        ("_response.Response.leaves_out_bodies",),
    ),
    Difference(
        "`URL.replace`",
        "`hostname=None` keeps the host; without a user name there is no password; beside these a `netloc` is not used",
        "`hostname=None` takes the host away; a password may stand alone; parts are replaced in the new `netloc`",
        ("datastructures.URL.replace",),
    ),
    Difference(
        "gzip",
        "a responder for each request, for subclasses; no Vary on small bodies",
        "br and zstd as well, chosen by quality; Vary on small bodies",
        ("middleware.gzip.GZipMiddleware.__call__",),
    ),
    Difference(
        "Invalid lines of an .env file",
        "are skipped",
        "`ValueError` with the line",
        ("config.Config.strict_file",),
    ),
    Difference(
        "A comment after a quoted value of an .env file",
        "is a part of the value, as are the quotes",
        "is left out",
        ("config.Config.comments_after_quotes",),
    ),
    Difference(
        "Casts of a setting",
        "true, false, 1 and 0 are booleans; an error other than `TypeError` and `ValueError` is raised as it is",
        "yes, no, on and off too; every error is an `InvalidSetting` that does not show the value",
        ("config.Config.cast_value",),
    ),
    Difference(
        "Equality and values of a `Secret`",
        "equals itself only, and holds anything",
        "equals one of the same text, and holds text",
        ("datastructures.Secret.__eq__", "datastructures.Secret.takes_any_value"),
    ),
    Difference(
        "`str()` of a `Secret`",
        "the text",
        "a mask; `reveal()` returns the text",
        ("datastructures.Secret.__str__", "datastructures.Secret.__format__"),
    ),
    Difference(
        "OpenTelemetry",
        "HTTP requests only; exclusions by the whole URL",
        "WebSockets too; exclusions by the path",
        (
            "middleware.opentelemetry.OpenTelemetryMiddleware.excludes_by_whole_url",
            "middleware.opentelemetry.OpenTelemetryMiddleware.observes_websockets",
        ),
    ),
    Difference(
        "Path parameters in OpenAPI",
        "only what docstrings say",
        "described by their convertors",
        ("schemas.SchemaGenerator.describes_path_parameters",),
    ),
    Difference(
        "Members that Starlette's classes lack: `UploadFile.save` and `chunks`, `WebSocketRoute.include_in_schema`",
        "are absent",
        "are there",
        (
            "datastructures.UploadFile.chunks",
            "datastructures.UploadFile.save",
            "routing.WebSocketRoute.include_in_schema",
        ),
    ),
    Difference(
        "`MutableHeaders(scope=message)`",
        "puts a list of its own into the message",
        "changes the list that the message has",
        ("datastructures.MutableHeaders.__init__",),
    ),
    Difference(
        "The Host header in the URL of a request",
        "any registered name of RFC 3986",
        "a name or address that a browser would ask for",
        ("datastructures.URL.requested_authority",),
    ),
    Difference(
        "An exception handler that returns None",
        "nothing is sent",
        "`TypeError` that names the handler",
        ("requests.Request.handlers_return_responses",),
    ),
    Difference(
        "`send_text` of what is no text, `send_bytes` of what is no bytes",
        "reaches the server",
        "`TypeError` that names the method to call",
        ("websockets.WebSocket.check_data",),
    ),
    Difference(
        "`receive` and `send` of a WebSocket, replaced on the instance",
        "are called by all that is built on them",
        "are not",
        ("websockets.WebSocket.receive", "websockets.WebSocket.send"),
    ),
    Difference(
        "Test client",
        "httpx2 before httpx; ASGI 2; no time limit; an application without a lifespan fails inside `with`; what a "
        "WebSocket raises is raised whatever `raise_server_exceptions` says",
        "a limit for each await; a lifespan only if there is one; `raise_server_exceptions` holds for WebSockets",
        (
            "testclient.TestClient.__init__",
            "testclient.TestClient.request",
            "testclient.TestClient.closed_error",
            "testclient.TestClient.rejected_error",
            "testclient.TestClient.disconnect_grace",
            "testclient.TestClient.raise_websocket_exceptions",
        ),
    ),
]

SAME_BEHAVIOUR = frozenset(
    {
        # Which of the drop-in's own classes make up the others.
        "_response.Response.headers_class",
        "background.BackgroundTasks.task_class",
        "_websocket_endpoint.WebSocketEndpoint.websocket_class",
        "applications.Starlette.router_class",
        "datastructures.Headers.mutablecopy",
        "endpoints.HTTPEndpoint.has_typed_methods",
        "endpoints.HTTPEndpoint.request_class",
        "middleware.body_limit.RequestBodyLimitMiddleware.receive_class",
        "middleware.body_limit._CountedReceive.error_class",
        "middleware.cors.CORSMiddleware.origins_class",
        "middleware.authentication.AuthenticationMiddleware.credentials_class",
        "middleware.cors.CORSMiddleware.policy_class",
        "testclient.TestClient.__exit__",
        "testclient.TestClient.make_session",
        "testclient.WebSocketTestSession.__exit__",
        "testclient.WebSocketTestSession.__init__",
        "middleware.trustedhost.TrustedHostMiddleware.policy_class",
        "middleware.sessions.SessionMiddleware.session_class",
        "requests.HTTPConnection.headers_class",
        "requests.HTTPConnection.url_class",
        "routing.Mount.router_for",
        "routing.Router.host_type",
        "routing.Router.http_route_type",
        "routing.Router.mount_type",
        "routing.Router.websocket_route_type",
        "routing.WebSocketRoute.function_app",
        "staticfiles.StaticFiles.file_response_class",
        "staticfiles.StaticFiles.not_modified_response_class",
        "templating.Jinja2Templates.response_class",
        # The layers share a frame.
        "middleware.errors.ServerErrorMiddleware.__call__",
        "middleware.exceptions.ExceptionMiddleware.__call__",
        # Wording, signatures, and what is shown under Starlette's scope keys.
        "background.BackgroundTasks.add_task",
        "middleware.body_limit.RequestBodyLimitMiddleware.__call__",
        "middleware.exceptions.ExceptionMiddleware.add_exception_handler",
        "config.Config.__call__",
        "config.Config.get",
        "middleware.gzip.GZipMiddleware.__init__",
        "requests.HTTPConnection.reversing_owner",
        "responses.JSONResponse.__init__",
        "testclient.TestClient.enter_lifespan",
        "applications.Starlette.add_route",
        "routing.Router.add_route",
        "routing.Router.add_websocket_route",
        "testclient.TestClient.__test__",
        "_file_response.FileResponse.chunk_size",
    }
)
"""Attributes that the drop-in overrides without a difference in behaviour."""


def table() -> str:
    """Return the list as a Markdown table."""
    rows = [f"| {row.subject} | {row.drop_in} | {row.native} |" for row in DIFFERENCES]
    return "\n".join(["| behaviour | drop-in, as Starlette | native |", "| --- | --- | --- |", *rows])


def rewritten(text: str) -> str:
    """Return the page with its table replaced."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} must hold the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    arguments = parser.parse_args()
    text = PAGE.read_text("utf-8")
    current = rewritten(text)
    if arguments.check:
        return int(text != current)
    PAGE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The smallest programs of layers, with the duties of the toolkit's: mounts, an access log, middlewares, sessions.

Each is as few functions as it fits into. Nothing in them can be overridden, replaced or used alone.

    make bench ARGS="--subject layers --instructions"
"""

from __future__ import annotations

import json
import logging
from binascii import a2b_base64, b2a_base64
from hmac import compare_digest
from time import perf_counter, time
from typing import Any

from cases import small_responses as small
from frame import Application

from armillary.exchange import start_headers
from armillary.logging import RequestIDPolicy, current_request_id
from armillary.logging._access_record import RecordMaker
from armillary.logging._escape import SAFE_TEXTS, escaped
from armillary.sessions._signature import FROM_URL_SAFE, TO_URL_SAFE
from armillary.sessions._signed_cookie import SignedCookie

HELD_BACK = frozenset((b"content-encoding", b"cache-control", b"content-range", b"etag"))
"""Headers for which compression has to look closer."""


def dutiful_mounts(depth: int) -> Application:
    """Return an application below `depth` mounts.

    Duties: a table of routes at each level, whole segments, one line, and in a scope of its own the keys that a mount
    writes: both root paths, the merged parameters, what was consumed of the path as text and as segments, the template,
    and what was found.
    """

    async def respond(scope: Any, path: str, send: Any) -> None:
        body = b"found"
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", small.PLAIN)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    found: Any = respond
    for _ in range(depth):
        found = _dutiful_mount("/a", found)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        below = {**scope, "path_params": {}, "app_root_path": scope["root_path"], "record": {}}
        below["mount"] = (scope["root_path"], "", "", "")
        await found(below, path, send)

    return app


def _dutiful_mount(prefix: str, below: Any) -> Any:
    size, routes = len(prefix), {prefix: below}

    def mount(scope: Any, path: str, send: Any) -> Any:
        end = path.find("/", 1)
        found = routes.get(path[:end] if end > 0 else path)
        rest = path[size:]
        if found is None or "\n" in rest:
            raise LookupError(path)
        root, consumed, segments, template = scope["mount"]
        root = root.rstrip("/") + prefix
        template += prefix
        scope["mount"] = (root, consumed + prefix, segments + prefix, template)
        params = scope["path_params"]
        scope["path_params"] = {**params} if params else {}
        scope["root_path"] = root
        scope["endpoint"] = found
        scope["route"] = mount
        scope["record"]["route_path"] = template
        return found(scope, rest, send)

    return mount


def dutiful_access_log(app: Application, name: str, header: str | None) -> Application:
    """Return an application that is logged, by one function with two closures.

    Duties: ids that are accepted, made, checked, sent back once and kept for log records; the level, the status of
    errors, a client that has left, exceptions, a response that did not end, and texts that are escaped. It knows
    neither WebSockets nor files that a server sends, trailers, templates of routes or excluded paths.
    """
    logger = logging.getLogger(name)
    message = '%(client)s "%(method)s %(path)s" %(status)s %(outcome)s %(response_bytes)s bytes %(duration).6f s'
    usual, failed = RecordMaker(name, logging.INFO, message), RecordMaker(name, logging.ERROR, message)
    ids = None if header is None else RequestIDPolicy(header)

    async def logged(scope: Any, receive: Any, send: Any) -> None:
        began = perf_counter()
        status: Any = None
        size, outcome, request_id, token = 0, "failed", None, None
        if ids is not None:
            request_id = scope.setdefault("armillary", {})["request_id"] = ids.choose(scope["headers"])
            token = current_request_id.set(request_id)

        def send_logged(message: Any) -> Any:
            nonlocal status
            if message["type"] != "http.response.start":
                return send_part(message)
            status = message["status"]
            if ids is None or request_id is None:
                return send(message)
            headers = start_headers(message)
            for field, _ in headers:
                if field == ids.header:
                    return send(message)
            headers.append((ids.header, request_id.encode("ascii")))
            message = {**message}
            message["headers"] = headers
            return send(message)

        async def send_part(message: Any) -> None:
            nonlocal outcome, size
            try:
                await send(message)
            except OSError:
                outcome = "disconnected"
                raise
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                outcome = "complete"
                write(None)

        def write(error: BaseException | None) -> None:
            duration = perf_counter() - began
            is_failure = outcome == "failed" or (status is not None and status >= 500)
            if not logger.isEnabledFor(logging.ERROR if is_failure else logging.INFO):
                return
            maker = failed if is_failure else usual
            entry = maker.attributes.copy()
            client = scope.get("client")
            if client:
                entry["client"] = client[0] if client[0] in SAFE_TEXTS else escaped(client[0])
            for key in ("method", "path"):
                text = scope[key]
                entry[key] = text if text in SAFE_TEXTS else escaped(text)
            entry["status"] = status
            entry["outcome"] = outcome
            entry["response_bytes"] = size
            entry["duration"] = duration
            entry["request_id"] = request_id
            if error is not None:
                entry["error"] = type(error).__name__
            logger.handle(maker.finish(entry))

        try:
            await app(scope, receive, send_logged)
        except BaseException as exc:
            if outcome != "complete":
                write(exc)
            raise
        else:
            if outcome != "complete":
                write(None)
        finally:
            if token is not None:
                current_request_id.reset(token)

    return logged


def dutiful_middlewares(app: Application, origin: bytes) -> Application:
    """Return an application below CORS, a session and compression.

    Duties: names of headers may be in any case, every layer gives the next a start of its own, a layer that has nothing
    to add looks once. It knows no preflight, no patterns of origins, no streams, no files, and signs no cookies:
    neither request nor response of the row has any of these.
    """

    async def compressed(scope: Any, receive: Any, send: Any) -> None:
        passes = False

        def send_compressed(message: Any) -> Any:
            nonlocal passes
            if passes or message["type"] != "http.response.start":
                return send(message)
            headers, size, may_code = start_headers(message), None, True
            for name, value in headers:
                if name == b"content-length":
                    size = int(value)
                elif name in HELD_BACK:
                    may_code = False
            if not may_code or (size is not None and size < 500):
                passes = True
                message = {**message}
                message["headers"] = headers
                return send(message)
            raise NotImplementedError("no body of this row is compressed")

        await app(scope, receive, send_compressed)

    async def with_session(scope: Any, receive: Any, send: Any) -> None:
        cookie = b""
        for name, value in scope["headers"]:
            if name == b"cookie" and b"session=" in value:
                cookie = value
        scope["session"] = session = {"cookie": cookie, "read": False, "changed": False}

        def send_with_cookie(message: Any) -> Any:
            if message["type"] == "http.response.start" and (session["read"] or session["changed"]):
                message = {**message}
                message["headers"] = [*start_headers(message), (b"vary", b"Cookie")]
                return send(message)
            return send(message)

        await compressed(scope, receive, send_with_cookie)

    async def with_cors(scope: Any, receive: Any, send: Any) -> None:
        asked = None
        for name, value in scope["headers"]:
            if name == b"origin":
                asked = value

        def send_with_cors(message: Any) -> Any:
            if message["type"] != "http.response.start":
                return send(message)
            headers = start_headers(message)
            for at, (name, value) in enumerate(headers):
                if name == b"vary":
                    headers[at] = (name, value + b", Origin")
                    break
            else:
                headers.append((b"vary", b"Origin"))
            if asked == origin:
                headers.append((b"access-control-allow-origin", origin))
            message = {**message}
            message["headers"] = headers
            return send(message)

        await with_session(scope, receive, send_with_cors)

    return with_cors


class DutifulSession(dict[str, Any]):
    """A session that knows whether it was read."""

    accessed = modified = False

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, and remember that something was read."""
        self.accessed = True
        return dict.get(self, key, default)


def dutiful_session(app: Application, key: str, cookie: str) -> Application:
    """Return an application below a session that is read from a signed cookie.

    Duties: the cookie among others, several lines of them, its signature, its age, its JSON, a session that knows
    whether it was read, a change inside of it, and `Vary`. It writes no cookie, knows no WebSockets, no second key and
    no session of a layer outside.
    """
    keyed = SignedCookie([key], cookie_name=cookie)._signatures[0]._keyed
    wanted, decode = cookie.encode(), json.JSONDecoder().decode

    def load(value: bytes) -> bytes | None:
        signed, _, signature = value.rpartition(b".")
        payload, _, stamp = signed.rpartition(b".")
        made = keyed.copy()
        made.update(signed)
        text = b2a_base64(made.digest(), newline=False).translate(TO_URL_SAFE).rstrip(b"=")
        if not compare_digest(text, signature):
            return None
        age = int(time()) - int.from_bytes(a2b_base64(stamp.translate(FROM_URL_SAFE) + b"=="), "big")
        return a2b_base64(payload) if -60 <= age <= 14 * 24 * 60 * 60 else None

    async def with_session(scope: Any, receive: Any, send: Any) -> None:
        lines = []
        for name, value in scope["headers"]:
            if name == b"cookie":
                lines.append(value)
        loaded = None
        if lines:
            for pair in b"; ".join(lines).split(b"; "):
                name, _, value = pair.partition(b"=")
                if name == wanted:
                    loaded = load(value)
        session = DutifulSession(decode(loaded.decode())) if loaded else DutifulSession()
        scope["session"] = session

        def send_with_vary(message: Any) -> Any:
            if not session.accessed or message["type"] != "http.response.start":
                return send(message)
            if session.modified or (loaded is not None and (b"[" in loaded or loaded.rfind(b"{") > 0)):
                raise NotImplementedError("no session of this row is changed")
            message = {**message}
            headers = start_headers(message)
            for at, (name, value) in enumerate(headers):
                if name == b"vary":
                    headers[at] = (name, value + b", Cookie")
                    break
            else:
                headers.append((b"vary", b"Cookie"))
            message["headers"] = headers
            return send(message)

        await app(scope, receive, send_with_vary)

    return with_session


def guarded(app: Application) -> Application:
    """Return an application whose exceptions get a response."""

    async def guarded_app(scope: Any, receive: Any, send: Any) -> None:
        started = False

        def tracked(message: Any) -> Any:
            nonlocal started
            started = True
            return send(message)

        try:
            await app(scope, receive, tracked)
        except Exception:
            if started:
                raise
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return guarded_app

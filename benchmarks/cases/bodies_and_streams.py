"""Bodies in and bodies out: JSON, query, forms, streams, files and server-sent events."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from frame import BARE, Application, BenchmarkRequest, Contest, events

FIELDS = urlencode([(f"field{number}", f"value number {number}") for number in range(1000)]).encode()
CHUNK = b"x" * 1024
CHUNKS = 100
BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gWa"  # as long as a browser's


def _multipart() -> bytes:
    head = (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    return head + b"\xff" * (1024 * 1024) + b"\r\n--" + BOUNDARY + b"--\r\n"


def _endpoints(http: Any, files: Path, event_stream: Any) -> dict[str, Any]:
    """Return the endpoints by path; `http` is the module that has a framework's responses."""

    async def urlencoded(request: Any) -> Any:
        form = await request.form()
        return http.PlainTextResponse(str(len(form)))

    async def multipart(request: Any) -> Any:
        async with request.form() as form:
            return http.PlainTextResponse(str(form["file"].size))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def stream(request: Any) -> Any:
        return http.StreamingResponse(chunks(), media_type="application/octet-stream")

    async def small_file(request: Any) -> Any:
        return http.FileResponse(files / "small")

    async def large_file(request: Any) -> Any:
        return http.FileResponse(files / "large")

    async def ticks() -> AsyncIterator[Any]:
        for number in range(CHUNKS):
            yield {"event": "tick", "id": str(number), "data": "a line of data"}

    async def event_source(request: Any) -> Any:
        return event_stream(ticks())

    return {
        "/urlencoded": urlencoded,
        "/multipart": multipart,
        "/stream": stream,
        "/small": small_file,
        "/large": large_file,
        "/events": event_source,
    }


def armillary_application(files: Path) -> Application:
    """Return the toolkit's; `files` has the files that two of its paths send."""
    from armillary import http
    from armillary.applications import Armillary
    from armillary.routing import Route

    async def sent(ticks: AsyncIterator[Any]) -> AsyncIterator[http.ServerSentEvent]:
        async for tick in ticks:
            yield http.ServerSentEvent(**tick)

    def event_stream(ticks: AsyncIterator[Any]) -> Any:
        return http.EventSourceResponse(sent(ticks))

    found = _endpoints(http, files, event_stream)
    return Armillary(routes=[Route(path, found[path], methods=["GET", "POST"]) for path in found])


def _starlette(files: Path) -> Application:
    from sse_starlette import EventSourceResponse
    from starlette import responses
    from starlette.applications import Starlette
    from starlette.routing import Route

    found = _endpoints(responses, files, EventSourceResponse)
    return Starlette(routes=[Route(path, found[path], methods=["GET", "POST"]) for path in found])


def _falcon() -> Application:
    """Return Falcon's, for the stream alone."""
    import falcon.asgi

    class Stream:
        async def on_get(self, req: Any, resp: Any) -> None:
            async def chunks() -> AsyncIterator[bytes]:
                for _ in range(CHUNKS):
                    yield CHUNK

            resp.stream = chunks()

    app = falcon.asgi.App(media_type="application/octet-stream")
    app.add_route("/stream", Stream())
    return app


def sending(*parts: bytes) -> Application:
    """Read the request's body and send a response, in as many parts as the others do."""
    *first, last = parts
    headers = [(b"content-type", b"application/octet-stream")]

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        more = scope["method"] == "POST"
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for part in first:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": last})

    return bare


def _bare_file(path: Path) -> Application:
    """Read the file and send it, asking nothing."""

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        with open(path, "rb") as file:
            body = file.read()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return bare


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield a contest for each way in and out."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        (files / "small").write_bytes(b"s" * 4096)
        (files / "large").write_bytes(b"l" * 1024 * 1024)
        peers = {"armillary": armillary_application(files), "starlette": _starlette(files)}
        form = ((b"content-type", b"application/x-www-form-urlencoded"),)
        upload = ((b"content-type", b"multipart/form-data; boundary=" + BOUNDARY),)
        sent = _multipart()
        pieces = tuple(sent[start : start + 65536] for start in range(0, len(sent), 65536))
        posts = [
            (
                "urlencoded 1,000",
                BenchmarkRequest("/urlencoded", "POST", headers=form, bodies=(FIELDS,), expected=b"1000"),
            ),
            (
                "multipart 1 MiB",
                BenchmarkRequest("/multipart", "POST", headers=upload, bodies=pieces, expected=b"1048576"),
            ),
        ]
        for name, request in posts:
            yield name, Contest(request, {BARE: sending(request.expected or b""), **peers})
        streams = {BARE: sending(*[CHUNK] * CHUNKS), **peers, "falcon": _falcon()}
        yield "stream of 100", Contest(BenchmarkRequest("/stream", client_stays=True), streams)
        for name, path in (("file 4 KiB", "/small"), ("file 1 MiB", "/large")):
            yield name, Contest(BenchmarkRequest(path), {BARE: _bare_file(files / path[1:]), **peers})
        sent = [b"id: %d\r\nevent: tick\r\ndata: a line of data\r\n\r\n" % number for number in range(CHUNKS)]
        watched = BenchmarkRequest("/events", client_stays=True)
        yield "SSE of 100", Contest(watched, {BARE: sending(*sent), **peers}, events)

"""A small app that shows what a request can become: a page, JSON, an echoed upload, a stream, an error page."""

from __future__ import annotations

import hashlib
import html
from collections.abc import AsyncIterator
from pathlib import Path
from string import Template

import anyio

from armillary.asgi_types import reason_phrase
from armillary.web import (
    Armillary,
    FileResponse,
    HTMLResponse,
    HTTPException,
    JSONResponse,
    Request,
    Response,
    Route,
    StreamingResponse,
)

PAGES = Path(__file__).parent / "pages"
LAYOUT = Template((PAGES / "layout.html").read_text("utf-8"))
TICKS = 10
# The router sends only a status; these sentences explain it.
SENTENCES = {404: "There is no page at this address.", 405: "This address takes another method."}


def page(title: str, body: str, status_code: int = 200) -> HTMLResponse:
    """Return a page of the app; `body` is HTML, `title` is text."""
    return HTMLResponse(LAYOUT.substitute(title=html.escape(title), body=body), status_code)


async def home(request: Request) -> Response:
    return page("Hello", (PAGES / "home.html").read_text("utf-8"))


async def style(request: Request) -> Response:
    return FileResponse(PAGES / "style.css", media_type="text/css", content_disposition_type="inline")


async def greeting(request: Request) -> Response:
    name = request.path_params.get("name", "world")
    return JSONResponse({"hello": name, "client": request.client.host if request.client else None})


async def echo(request: Request) -> Response:
    """Read the uploaded file in pieces, so that a large one is never in memory whole."""
    async with request.form() as form:
        comment, upload = form.get("comment"), form.get("file")
        if upload is None or isinstance(upload, str) or not upload.filename:
            raise HTTPException(400, "Choose a file to send.")
        size, checksum = 0, hashlib.sha256()
        while chunk := await upload.read(64 * 1024):
            size += len(chunk)
            checksum.update(chunk)
        facts = {
            "File": upload.filename,
            "Type": upload.content_type or "not given",
            "Size": f"{size:,} bytes",
            "SHA-256": checksum.hexdigest(),
            "Comment": comment if isinstance(comment, str) and comment else "none",
        }
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(
            {"filename": facts["File"], "size": size, "sha256": facts["SHA-256"], "comment": facts["Comment"]}
        )
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
    return page("Received", f'<section class="card"><h1>Received</h1><dl>{rows}</dl><a href="/">Back</a></section>')


async def ticks() -> AsyncIterator[str]:
    for tick in range(1, TICKS + 1):
        yield f"tick {tick} of {TICKS}\n"
        await anyio.sleep(0.1)


async def stream(request: Request) -> Response:
    return StreamingResponse(ticks(), media_type="text/plain", headers={"cache-control": "no-store"})


async def fail(request: Request) -> Response:
    raise RuntimeError("this endpoint always fails")


def error_page(status_code: int, sentence: str) -> HTMLResponse:
    phrase = reason_phrase(status_code)
    body = (
        f'<section class="card error"><p class="status">{status_code}</p><h1>{html.escape(phrase)}</h1>'
        f'<p>{html.escape(sentence)}</p><a href="/">Back</a></section>'
    )
    return page(phrase, body, status_code)


async def http_error(request: Request, exc: HTTPException) -> Response:
    sentence = SENTENCES.get(exc.status_code, exc.detail or "")
    response = error_page(exc.status_code, sentence)
    response.headers.update(exc.headers or {})
    return response


async def server_error(request: Request, exc: Exception) -> Response:
    return error_page(500, "Something went wrong here. The log of the server says what.")


app = Armillary(
    routes=[
        Route("/", home, name="home"),
        Route("/style.css", style, name="style"),
        Route("/hello", greeting, name="greeting"),
        Route("/hello/{name}", greeting, name="greeting-by-name"),
        Route("/echo", echo, methods=["POST"], name="echo"),
        Route("/stream", stream, name="stream"),
        Route("/fail", fail, name="fail"),
    ],
    exception_handlers={HTTPException: http_error, Exception: server_error},
)

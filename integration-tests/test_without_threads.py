"""An application where no thread can be started, as in Pyodide: plain functions, files and uploads still work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, sys, threading
from armillary.applications import Armillary
from armillary.http import FileResponse, PlainTextResponse, StreamingResponse
from armillary.routing import Route

def start(self):
    raise AssertionError("a thread was started")

threading.Thread.start = start
sys.platform = "emscripten"

def plain(request):
    return PlainTextResponse("plain")

def stream(request):
    return StreamingResponse(iter([b"stre", b"am"]))

async def file(request):
    return FileResponse(sys.argv[1])

async def upload(request):
    async with request.form() as form:
        return PlainTextResponse((await form["file"].read())[-4:])

routes = [Route(f"/{f.__name__}", f, methods=["GET", "POST"]) for f in (plain, stream, file, upload)]
app = Armillary(routes=routes)
BODY = (b'--limit\\r\\nContent-Disposition: form-data; name="file"; filename="a.txt"\\r\\n\\r\\n'
        + b"x" * 2_000_000 + b"last\\r\\n--limit--\\r\\n")

async def main():
    for path in ("/plain", "/stream", "/file", "/upload"):
        messages = [{"type": "http.request", "body": BODY if path == "/upload" else b"", "more_body": False}]
        sent = []
        async def receive():
            return messages.pop() if messages else await asyncio.sleep(60)
        async def send(message):
            sent.append(message)
        headers = [(b"host", b"localhost"), (b"content-type", b"multipart/form-data; boundary=limit"),
                   (b"content-length", str(len(BODY)).encode())]
        await app({"type": "http", "method": "POST" if path == "/upload" else "GET", "path": path,
                   "query_string": b"", "headers": headers if path == "/upload" else headers[:1]}, receive, send)
        print(path, sent[0]["status"], b"".join(message.get("body", b"") for message in sent))

asyncio.run(main())
"""


def test_an_application_runs_plain_functions_files_and_uploads_without_threads(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("file")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, file], capture_output=True, text=True, timeout=60, check=False
    )
    expected = ["/plain 200 b'plain'", "/stream 200 b'stream'", "/file 200 b'file'", "/upload 200 b'last'"]
    assert done.stdout.splitlines() == expected, done.stderr

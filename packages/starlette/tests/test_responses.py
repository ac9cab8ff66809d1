from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from json import JSONEncoder
from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary import http
from armillary.asgi_types import HTTPException, WebSocketException
from armillary.lint import lint
from armillary.starlette import exceptions, requests, responses
from armillary.starlette.applications import Starlette
from armillary.starlette.routing import Route

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [599, 0, 200.0, 1000])
def test_any_number_is_taken_as_the_status(status: Any) -> None:
    assert responses.Response(b"", status).status_code == status
    assert responses.StreamingResponse([], status).status_code == status
    assert responses.FileResponse("/x", status).status_code == status


@pytest.mark.parametrize("status", ["200", None])
def test_a_status_that_is_no_number_is_an_error_of_responses_with_a_body_alone(status: Any) -> None:
    for response_class in (responses.Response, responses.JSONResponse, responses.RedirectResponse):
        with pytest.raises(TypeError):
            response_class("/", status)
    assert responses.StreamingResponse([], status).status_code == status
    assert responses.FileResponse("/x", status).status_code == status


def test_a_redirect_to_none_names_it() -> None:
    assert responses.RedirectResponse(None).headers["location"] == "None"  # type: ignore[arg-type]


def test_any_header_is_taken() -> None:
    chunked = {"transfer-encoding": "chunked"}
    for response in (responses.Response(b"", 200, chunked), responses.StreamingResponse([], 200, chunked)):
        assert response.headers["transfer-encoding"] == "chunked"


def http_scope(spec_version: str = "2.4", **scope: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        **scope,
    }


async def send_all(app: Any, scope: dict[str, Any], *, check: bool = True) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    await (lint(app) if check else app)(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    "name",
    [
        "FileResponse",
        "HTMLResponse",
        "JSONResponse",
        "PlainTextResponse",
        "RedirectResponse",
        "Response",
        "StreamingResponse",
    ],
)
def test_each_response_is_a_response_of_both(name: str) -> None:
    cls = getattr(responses, name)
    assert issubclass(cls, responses.Response)
    assert issubclass(cls, getattr(http, name))


def test_the_exceptions_are_those_every_part_handles() -> None:
    assert exceptions.HTTPException is HTTPException
    assert issubclass(exceptions.WebSocketException, WebSocketException)
    assert exceptions.WebSocketException(1006).code == 1006
    assert not issubclass(exceptions.StarletteDeprecationWarning, DeprecationWarning)


@pytest.mark.parametrize("cls", [responses.Response, responses.JSONResponse, responses.StreamingResponse])
def test_cookies_that_browsers_drop_are_sent(cls: Any) -> None:
    response = cls(["x"]) if cls is not responses.Response else cls()
    response.set_cookie("__Host-id", "v", samesite="none", path="/app")
    assert response.headers["set-cookie"] == "__Host-id=v; Path=/app; SameSite=none"


@pytest.mark.parametrize("version", [(3, 11), (3, 13), (3, 14)])
def test_partitioned_needs_a_newer_python(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    response = responses.Response()
    if version < (3, 14):
        with pytest.raises(ValueError, match=r"3\.14"):
            response.set_cookie("id", "v", secure=True, partitioned=True)
    else:
        response.set_cookie("id", "v", secure=True, partitioned=True)
    assert ("set-cookie" in response.headers) is (version >= (3, 14))


def test_line_breaks_in_a_redirect_are_encoded() -> None:
    assert responses.RedirectResponse("/a\r\nb").headers["location"] == "/a%0D%0Ab"


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_a_subclass_streams_by_its_own_step(spec_version: str) -> None:
    class Framed(responses.StreamingResponse):
        async def stream_response(self, send: Any) -> None:
            await send({"type": "http.response.start", "status": 202, "headers": self.raw_headers})
            async for part in self.body_iterator:
                await send({"type": "http.response.body", "body": b"<" + part + b">", "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def parts() -> AsyncIterator[bytes]:
        yield b"x"

    sent = await send_all(Framed(parts()), http_scope(spec_version))
    assert sent[0]["status"] == 202
    assert b"".join(message.get("body", b"") for message in sent) == b"<x>"


async def test_a_subclass_waits_for_the_client_by_its_own_step() -> None:
    class Impatient(responses.StreamingResponse):
        async def listen_for_disconnect(self, receive: Any) -> None:
            await anyio.sleep(0.01)

    async def endless() -> AsyncIterator[str]:
        while True:
            yield "x"
            await anyio.sleep(0.001)

    with anyio.fail_after(5):
        sent = await send_all(Impatient(endless()), http_scope("2.3"), check=False)
    assert sent[-1]["more_body"]


def test_a_plain_stream_is_served_by_the_native_code() -> None:
    assert responses.StreamingResponse.__call__ is http.StreamingResponse.__call__


class TestFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        file = tmp_path / "a.txt"
        file.write_bytes(b"0123456789")
        return file

    async def test_conditions_are_ignored(self, path: Path) -> None:
        sent = await send_all(responses.FileResponse(path), http_scope(headers=[(b"if-none-match", b"*")]))
        assert sent[0]["status"] == 200

    async def test_a_malformed_range_is_a_400(self, path: Path) -> None:
        sent = await send_all(responses.FileResponse(path), http_scope(headers=[(b"range", b"items=0-1")]))
        assert (sent[0]["status"], sent[1]["body"]) == (400, b"Only support bytes range")

    async def test_a_file_overwritten_while_it_is_sent_is_sent_to_its_length(self, path: Path) -> None:
        half = responses.FileResponse.chunk_size
        path.write_bytes(b"o" * half * 2)
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 2:
                path.write_bytes(b"n" * half * 2)

        await responses.FileResponse(path)(http_scope(), anyio.sleep_forever, send)
        assert b"".join(message.get("body", b"") for message in sent) == b"o" * half + b"n" * half

    async def test_a_fifo_with_a_known_status_is_rejected(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        response = responses.FileResponse(tmp_path / "fifo", stat_result=(tmp_path / "fifo").stat())
        with anyio.fail_after(5), pytest.raises(RuntimeError, match="is not a file"):
            await send_all(response, http_scope())

    async def test_a_multipart_body_is_as_long_as_generate_multipart_says(self, path: Path) -> None:
        response = responses.FileResponse(path)
        sent = await send_all(response, http_scope(headers=[(b"range", b"bytes=0-1,5-9")]))
        boundary = dict(sent[0]["headers"])[b"content-type"].decode().partition("boundary=")[2]
        content_type = response.headers["content-type"]
        length, write_head = response.generate_multipart([(0, 2), (5, 10)], boundary, 10, content_type)
        assert dict(sent[0]["headers"])[b"content-length"] == str(length).encode()
        assert sent[1]["body"] == write_head(0, 2)


def test_range_errors_carry_what_is_wrong() -> None:
    assert responses.MalformedRangeHeader().content == "Malformed range header."
    assert responses.MalformedRangeHeader("no").content == "no"
    assert responses.RangeNotSatisfiable(10).max_size == 10


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("10-9", 416), ("0-1,50-60", 416), ("0-1,60-50", 416), ("-0", 416), ("0-1,5-4", 400), ("9-8", 400), ("0-1", 206)],
)
async def test_a_range_outside_of_the_file_counts_before_one_that_is_reversed(
    tmp_path: Path, wanted: str, status: int
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"0123456789")
    scope = http_scope(headers=[(b"range", f"bytes={wanted}".encode())])
    start, *_ = await send_all(responses.FileResponse(file), scope)
    assert start["status"] == status
    names = {name for name, _ in start["headers"]}
    assert (b"etag" in names) is (status == 206)
    assert dict(start["headers"])[b"content-type"].startswith(b"text/plain" if status != 206 else b"application/")


async def test_a_response_to_head_has_its_body_which_middleware_reads_and_the_server_drops() -> None:
    for response in (
        responses.Response("abc"),
        responses.JSONResponse("abc"),
        responses.StreamingResponse(iter(["a", "bc"])),
    ):
        sent = await send_all(response, http_scope(method="HEAD"), check=False)
        assert b"abc" in b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("status", [100, 204, 304])
async def test_a_response_of_a_status_without_a_body_keeps_what_it_was_given(status: int) -> None:
    response = responses.JSONResponse({}, status)
    assert response.body == b"{}"
    assert "content-length" not in response.headers


async def test_a_content_length_given_to_a_response_without_a_body_stays() -> None:
    response = responses.Response(status_code=304, headers={"content-length": "5"})
    assert response.headers["content-length"] == "5"


@pytest.mark.parametrize("content", [{1, 2}, datetime(2026, 1, 31), Path("/"), b"x", Decimal(1)], ids=repr)
def test_json_is_of_what_the_standard_library_takes_by_itself(content: Any) -> None:
    """So a program that catches the error encodes the rest its own way."""
    with pytest.raises(TypeError, match="is not JSON serializable"):
        responses.JSONResponse({"a": content})


def test_json_of_a_lone_surrogate_is_an_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        responses.JSONResponse("\ud800")


def test_a_default_that_a_program_gave_all_of_json_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JSONEncoder, "default", lambda self, value: sorted(value))
    assert responses.JSONResponse({"a": {2, 1}}).body == b'{"a":[1,2]}'


async def never() -> Any:
    await anyio.sleep_forever()


@pytest.mark.parametrize("failing", ["http.response.start", "http.response.body"])
@pytest.mark.parametrize(("spec_version", "error"), [("2.3", OSError), ("2.4", requests.ClientDisconnect)])
async def test_a_stream_raises_what_starlettes_does_when_the_client_has_disconnected(
    failing: str, spec_version: str, error: type[Exception]
) -> None:
    async def send(message: Any) -> None:
        if message["type"] == failing:
            raise OSError("gone")

    with pytest.raises(error) as caught:
        await responses.StreamingResponse(iter(["a"]))(http_scope(spec_version), never, send)
    assert type(caught.value) is error


@pytest.mark.parametrize("path", ["/", "/nowhere", "/slash"])
async def test_no_second_response_begins_after_a_body_that_the_server_did_not_take(path: str) -> None:
    async def page(request: Any) -> Any:
        return responses.PlainTextResponse("page")

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            raise OSError("gone")

    sent: list[str] = []
    app = Starlette(routes=[Route("/", page), Route("/slash/", page)])
    with pytest.raises(OSError, match="gone"):
        await app(http_scope(path=path, headers=[]), never, send)
    assert sent == ["http.response.start", "http.response.body"]

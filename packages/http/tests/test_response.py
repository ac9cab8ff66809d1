from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from armillary.http import (
    EventSourceResponse,
    FileResponse,
    HTMLResponse,
    JSONLinesResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    ServerSentEvent,
    StreamingResponse,
    encode_json,
    format_content_disposition,
)

pytestmark = pytest.mark.anyio


async def test_length_comes_before_type_and_both_are_sent_once(exchange: Any) -> None:
    sent = await exchange().run(PlainTextResponse("ok"))
    assert sent.sent[0]["headers"] == [(b"content-length", b"2"), (b"content-type", b"text/plain; charset=utf-8")]
    assert sent.body == b"ok"


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/plain; charset=latin-1", "text/plain; charset=latin-1"),
        ("text/plain; Charset=utf-8", "text/plain; Charset=utf-8"),
        ("application/xml", "application/xml"),
    ],
)
def test_only_text_types_without_a_charset_are_given_one(media_type: str, expected: str) -> None:
    assert Response("x", media_type=media_type).headers["content-type"] == expected


def test_a_subclass_has_its_own_charset() -> None:
    class Latin(PlainTextResponse):
        charset = "latin-1"

    assert Latin("é").body == b"\xe9"
    assert Latin("é").headers["content-type"] == "text/plain; charset=latin-1"
    assert PlainTextResponse("é").headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("status", [100, 103, 204, 304])
def test_bodiless_statuses_have_no_length_and_no_body(status: int) -> None:
    response = Response("dropped", status, {"Content-Length": "7", "X-A": "1"})
    assert response.raw_headers == [(b"x-a", b"1")]
    assert response.body == b""


@pytest.mark.parametrize("status", [204, 304])
async def test_bodiless_statuses_pass_the_checker(exchange: Any, status: int) -> None:
    sent = await exchange().run(JSONResponse({"dropped": True}, status))
    assert "content-length" not in sent.headers
    assert sent.body == b""


def test_a_given_length_is_replaced_by_that_of_the_body() -> None:
    response = PlainTextResponse("four", headers={"Content-Length": "400", "content-length": "1"})
    assert [value for name, value in response.raw_headers if name == b"content-length"] == [b"4"]


@pytest.mark.parametrize("given", ["12", "١٢", "-1", "1e3"])
def test_an_empty_body_keeps_a_given_length_of_digits_only(given: str) -> None:
    if not given.isascii():
        with pytest.raises(ValueError, match="latin-1"):
            Response(headers={"content-length": given})
        return
    expected = given if given.isdigit() else "0"
    assert Response(headers={"content-length": given}).headers["content-length"] == expected


def test_a_given_content_type_wins() -> None:
    response = PlainTextResponse("x", headers={"Content-Type": "text/markdown"})
    assert response.headers["content-type"] == "text/markdown"
    assert len(response.raw_headers) == 2


async def test_head_has_the_headers_but_no_body(exchange: Any) -> None:
    sent = await exchange(method="HEAD").run(PlainTextResponse("four"))
    assert sent.headers["content-length"] == "4"
    assert sent.body == b""


async def test_serving_again_is_not_affected_by_what_middleware_added(exchange: Any) -> None:
    response = PlainTextResponse("x")
    first = await exchange().run(response)
    first.sent[0]["headers"].append((b"set-cookie", b"id=1"))
    second = await exchange().run(response)
    assert "set-cookie" not in second.headers


async def test_background_runs_after_the_body(exchange: Any) -> None:
    order: list[str] = []

    async def background() -> None:
        order.append("background")

    one = exchange()
    send = one.send

    async def record_send(message: Any) -> None:
        order.append(message["type"])
        await send(message)

    await PlainTextResponse("x", background=background)(one.scope, one.receive, record_send)
    assert order == ["http.response.start", "http.response.body", "background"]


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (None, b""),
        ("é", "é".encode()),
        (b"\0\xff", b"\0\xff"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"01234567").cast("I"), b"01234567"),
        (memoryview(b"01234567")[::2], b"0246"),
    ],
)
def test_bodies_are_taken_in_each_form(content: Any, body: bytes) -> None:
    response = Response(content)
    assert response.body == body
    assert response.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("content", [{"a": 1}, 5, ["x"], object()])
def test_data_as_a_body_names_the_response_to_use(content: object) -> None:
    with pytest.raises(TypeError, match="JSONResponse"):
        Response(content)


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\nset-cookie: a=b"])
def test_line_breaks_in_headers_and_media_types_are_rejected(bad: str) -> None:
    with pytest.raises(ValueError, match="x-a"):
        Response(headers={"x-a": f"1{bad}"})
    with pytest.raises(ValueError):
        Response(headers={f"x-a{bad}": "1"})
    with pytest.raises(ValueError, match="media_type"):
        Response(media_type=f"text/plain{bad}")
    with pytest.raises(ValueError):
        Response().headers["x-a"] = f"1{bad}"


def test_many_media_types_are_not_kept() -> None:
    from armillary.http import _content_type

    for number in range(1000):
        assert Response(media_type=f"application/x-{number}").headers["content-type"] == f"application/x-{number}"
    assert sum(map(len, _content_type.CONTENT_TYPES.values())) <= 256


def test_headers_follow_a_replaced_list() -> None:
    response = PlainTextResponse("x")
    assert response.headers is response.headers
    response.raw_headers = [(b"x-a", b"1")]
    assert response.headers["x-a"] == "1"


def test_init_headers_and_render_of_a_subclass_are_used() -> None:
    class Custom(PlainTextResponse):
        def render(self, content: Any) -> bytes:
            return b"<" + super().render(content) + b">"

        def init_headers(self, headers: Any = None) -> None:
            super().init_headers({"x-own": "1"})

    response = Custom("x")
    assert response.body == b"<x>"
    assert response.headers["x-own"] == "1"
    assert response.headers["content-length"] == "3"


def test_a_subclass_that_makes_no_body_has_no_length() -> None:
    class Streaming(Response):
        media_type = "text/plain"

        def __init__(self, headers: Any) -> None:
            self.status_code = 200
            self.init_headers(headers)

    assert Streaming(None).raw_headers == [(b"content-type", b"text/plain; charset=utf-8")]
    assert Streaming({"x-a": "1", "content-length": "9"}).headers["content-length"] == "9"


def test_patched_steps_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Response, "render", lambda self, content: b"patched")
    assert PlainTextResponse("x").body == b"patched"

    def init_headers(self: Response, headers: Any = None) -> None:
        self.raw_headers = [(b"x-patched", b"1")]

    monkeypatch.setattr(Response, "init_headers", init_headers)
    assert PlainTextResponse("x").raw_headers == [(b"x-patched", b"1")]


def test_html_is_not_escaped() -> None:
    assert HTMLResponse("<p>").body == b"<p>"


MAKERS: dict[str, Callable[..., Response]] = {
    "Response": lambda **options: Response(b"", **options),
    "JSONResponse": lambda **options: JSONResponse({}, **options),
    "RedirectResponse": lambda **options: RedirectResponse("/", **options),
    "StreamingResponse": lambda **options: StreamingResponse([], **options),
    "EventSourceResponse": lambda **options: EventSourceResponse([], **options),
    "FileResponse": lambda **options: FileResponse("/x", **options),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
class TestStrictArguments:
    @pytest.mark.parametrize("status", ["200", 200.5, None, {"a": 1}, True])
    def test_a_status_of_another_type_is_rejected(self, make: Callable[..., Response], status: Any) -> None:
        with pytest.raises(TypeError, match=r"must be an int such as 404.*takes it as its second argument"):
            make(status_code=status)

    @pytest.mark.parametrize("status", [-1, 0, 99, 600, 999, 1000])
    def test_a_status_that_cannot_be_sent_is_rejected(self, make: Callable[..., Response], status: int) -> None:
        with pytest.raises(ValueError, match=f"status_code={status} must be from 100 to 599"):
            make(status_code=status)

    def test_a_member_of_an_enum_is_a_status(self, make: Callable[..., Response]) -> None:
        assert make(status_code=HTTPStatus.CREATED).status_code == 201

    @pytest.mark.parametrize("status", [201, 304])
    def test_the_framing_is_left_to_the_server(self, make: Callable[..., Response], status: int) -> None:
        with pytest.raises(ValueError, match="'transfer-encoding', which the server sets itself"):
            make(status_code=status, headers={"Transfer-Encoding": "chunked"})


def test_swapped_arguments_are_rejected() -> None:
    with pytest.raises(TypeError, match=r"status_code=\{'error': 'x'\}.*JSONResponse takes it as its second argument"):
        JSONResponse(404, {"error": "x"})  # type: ignore[arg-type]


class TestJSON:
    def test_it_is_compact_and_keeps_non_ascii(self) -> None:
        assert JSONResponse({"é": [1, 2.5, None, True, "☃"]}).body == '{"é":[1,2.5,null,true,"☃"]}'.encode()

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), [float("nan")], {"a": float("nan")}])
    def test_nan_and_infinities_are_rejected(self, value: object) -> None:
        with pytest.raises(ValueError, match="Out of range float"):
            JSONResponse(value)

    def test_what_has_no_json_form_is_named(self) -> None:
        with pytest.raises(TypeError, match="Object of type object is not JSON serializable"):
            JSONResponse({"a": object()})

    def test_a_cycle_is_an_error_and_later_values_are_not_affected(self) -> None:
        cycle: list[object] = []
        cycle.append(cycle)
        with pytest.raises(ValueError, match="contains itself"):
            JSONResponse(cycle)
        shared = {"a": 1}
        assert JSONResponse([shared, shared]).body == b'[{"a":1},{"a":1}]'

    def test_a_lone_surrogate_is_the_replacement_character(self) -> None:
        assert encode_json(["\ud800"]) == '["\ufffd"]'.encode()

    def test_scalars_at_the_top(self) -> None:
        assert [encode_json(value) for value in ("é", 1, None, 1.5, True, [])] == [
            '"é"'.encode(),
            b"1",
            b"null",
            b"1.5",
            b"true",
            b"[]",
        ]

    def test_another_encoder_is_used(self) -> None:
        class Loud(JSONResponse):
            encoder = staticmethod(lambda value: repr(value).upper().encode())

        assert Loud({"a": 1}).body == b"{'A': 1}"


class TestRedirect:
    @pytest.mark.parametrize(
        ("target", "location"),
        [
            ("/", "/"),
            ("/I ♥ this/?q=ä b#x", "/I%20%E2%99%A5%20this/?q=%C3%A4%20b#x"),
            ("/a%2Fb", "/a%2Fb"),
            ("https://[::1]:80/~x?a=[1]", "https://[::1]:80/~x?a=[1]"),
            ("/\\evil.example", "/%5Cevil.example"),
            ('/"<>', "/%22%3C%3E"),
        ],
    )
    def test_the_target_is_percent_encoded_if_needed(self, target: str, location: str) -> None:
        response = RedirectResponse(target)
        assert response.status_code == 307
        assert response.headers["location"] == location
        assert response.headers["content-length"] == "0"

    @pytest.mark.parametrize(
        ("target", "location"),
        [("/a\r\nset-cookie: x=1", "/a%0D%0Aset-cookie:%20x=1"), ("/a\n", "/a%0A"), ("/\0", "/%00"), ("/\ud800", None)],
    )
    def test_line_breaks_of_a_clients_target_are_percent_encoded(self, target: str, location: str | None) -> None:
        sent = RedirectResponse(target).headers["location"]
        assert sent.isascii()
        assert location is None or sent == location

    def test_the_target_wins_over_a_location_header(self) -> None:
        response = RedirectResponse("/a", 303, {"Location": "/b"})
        assert [value for name, value in response.raw_headers if name == b"location"] == [b"/a"]


class TestDenialResponse:
    async def test_a_response_rejects_a_websocket(self, exchange: Any) -> None:
        one = exchange(type="websocket", scheme="ws", extensions={"websocket.http.response": {}})
        one.received = [{"type": "websocket.connect"}]
        await PlainTextResponse("no", 403)(one.scope, one.receive, one.send)
        assert one.kinds == ["websocket.http.response.start", "websocket.http.response.body"]
        assert (one.status, one.body) == (403, b"no")

    async def test_without_the_extension_the_handshake_is_closed(self, exchange: Any) -> None:
        one = exchange(type="websocket", scheme="ws")
        await PlainTextResponse("no", 403)(one.scope, one.receive, one.send)
        assert one.sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "add",
    [
        lambda headers: headers.__setitem__("Transfer-Encoding", "chunked"),
        lambda headers: headers.append("transfer-encoding", "chunked"),
        lambda headers: headers.setdefault("TRANSFER-ENCODING", "chunked"),
        lambda headers: headers.update({"Transfer-Encoding": "gzip"}),
        lambda headers: headers.__ior__({"transfer-encoding": "gzip"}),
    ],
    ids=["set", "append", "setdefault", "update", "or"],
)
def test_transfer_encoding_is_rejected_when_it_is_set_later_too(add: Any) -> None:
    for response in (Response(b"x"), StreamingResponse([b"x"])):
        with pytest.raises(ValueError, match="transfer-encoding"):
            add(response.headers)
        assert "transfer-encoding" not in response.headers


LONE = "a\ud800b"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: PlainTextResponse(LONE), "a\ufffdb"),
        (lambda: HTMLResponse(LONE), "a\ufffdb"),
        (lambda: JSONResponse({LONE: [LONE]}), '{"a\ufffdb":["a\ufffdb"]}'),
        (lambda: StreamingResponse([LONE]), "a\ufffdb"),
        (lambda: JSONLinesResponse([LONE]), '"a\ufffdb"\n'),
        (lambda: EventSourceResponse([ServerSentEvent(LONE)]), "data: a\ufffdb\n\n"),
        (lambda: EventSourceResponse([ServerSentEvent("x", event=LONE)]), "event: a\ufffdb\ndata: x\n\n"),
        (lambda: PlainTextResponse("\ud83d\ude00"), "\U0001f600"),
    ],
)
async def test_a_lone_surrogate_is_sent_as_the_replacement_character(make: Any, expected: str, exchange: Any) -> None:
    sent = await exchange().run(make())
    assert sent.body.decode() == expected


def test_a_lone_surrogate_in_a_name_or_target_is_encoded_as_the_replacement_character() -> None:
    assert RedirectResponse(f"/{LONE}").headers["location"] == "/a%EF%BF%BDb"
    assert format_content_disposition("attachment", LONE).endswith("a%EF%BF%BDb")

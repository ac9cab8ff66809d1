"""The debug page: what it shows, and that nothing shown acts on the reader."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import URL, QueryParams
from armillary.errors import ServerErrorMiddleware, traceback_html, traceback_text
from armillary.http import FileResponse, request_response


class Page(HTMLParser):
    """The tags, attributes and text of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.opened: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in {"meta"}:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


_TEXT_TAGS = {"p", "b", "i", "h1", "h2", "h3", "code", "mark", "pre", "span"}
_PART_TAGS = {"body", "details", "div", "footer", "head", "header", "html", "li", "main", "ol", "section", "summary"}
TAGS = {*_TEXT_TAGS, *_PART_TAGS, "meta", "style", "table", "td", "th", "title", "tr"}


def caught(call: Any, *args: Any) -> Exception:
    try:
        call(*args)
    except Exception as exc:
        return exc
    raise AssertionError("nothing was raised")


def look_up(star: str, password: str = "hunter2") -> None:
    distances = {"Vega": 25.04}
    distances[star]


def look_up_all() -> None:
    try:
        look_up("Sirius")
    except KeyError as exc:
        exc.add_note("known stars: Vega")
        raise LookupError("the catalogue is incomplete") from exc


def test_the_page_names_the_exception_the_request_and_the_running_line() -> None:
    page = Page(traceback_html(caught(look_up_all), "GET /stars"))
    assert page.opened == []
    assert "LookupError" in page.text
    assert "the catalogue is incomplete" in page.text
    assert "GET /stars" in page.text
    assert 'raise LookupError("the catalogue is incomplete") from exc' in page.text


def test_the_page_highlights_the_columns_that_were_running() -> None:
    assert "<mark>distances[star]</mark>" in traceback_html(caught(look_up, "Sirius"))


def test_the_page_follows_causes_with_their_notes() -> None:
    text = Page(traceback_html(caught(look_up_all))).text
    assert "raised from the following one" in text
    assert "KeyError" in text
    assert "known stars: Vega" in text


def test_the_page_follows_contexts_unless_they_are_suppressed() -> None:
    def replaced(cause: Any) -> None:
        try:
            look_up("Sirius")
        except KeyError:
            if cause is None:
                raise LookupError("plain")
            raise LookupError("from none") from None

    assert "while the following one was being handled" in traceback_html(caught(replaced, None))
    assert "KeyError" not in Page(traceback_html(caught(replaced, False))).text.split("As text")[0].split("try:")[0]


def test_the_page_shows_each_member_of_a_group() -> None:
    members = [caught(look_up, "Sirius"), ExceptionGroup("inner", [ValueError("deep")])]
    text = Page(traceback_html(ExceptionGroup("two failed", members))).text
    for part in ("two failed", "1 of 2: KeyError", "2 of 2: ExceptionGroup", "1 of 1: ValueError", "deep"):
        assert part in text


def test_locals_are_shown_only_when_asked_for_and_secrets_never() -> None:
    exc = caught(look_up, "Sirius")
    assert "{&#x27;Vega&#x27;: 25.04}" not in traceback_html(exc)
    shown = traceback_html(exc, show_locals=True)
    assert "{&#x27;Vega&#x27;: 25.04}" in shown
    assert "hunter2&#x27;" not in shown


def test_a_secret_inside_a_mapping_is_concealed() -> None:
    def fail(settings: Any) -> None:
        raise ValueError

    secret = "hunter" + str(3)
    shown = traceback_html(caught(fail, {"db": {"password": secret, "host": "h"}, b"cookie": secret}), show_locals=True)
    assert secret not in shown
    assert "&#x27;host&#x27;: &#x27;h&#x27;" in shown


SECRET = "t0ps3cret"
QUERY = f"star=Vega&access_token={SECRET}&api%5Fkey={SECRET}"


@pytest.mark.parametrize(
    "value",
    [
        QUERY,
        QUERY.encode(),
        f"https://example.org/?{QUERY}#top",
        [f"GET /?{QUERY} HTTP/1.1"],
        URL(f"https://example.org/?{QUERY}"),
        QueryParams(QUERY),
        {"query_string": QUERY.encode()},
        f"{'x' * 190}&{QUERY}&{'y' * 180}",
        f"password={SECRET}",
    ],
    ids=["text", "bytes", "URL", "line", "URL object", "parameters", "scope", "cut", "whole"],
)
def test_a_secret_of_a_query_string_is_concealed_in_any_value(value: Any) -> None:
    def fail(value: Any) -> None:
        raise ValueError

    shown = Page(traceback_html(caught(fail, value), show_locals=True)).text
    assert SECRET not in shown
    assert "••••••" in shown
    assert "Vega" in shown or value == f"password={SECRET}"


def test_a_secret_header_is_concealed_in_a_list_of_headers() -> None:
    def fail(headers: Any) -> None:
        raise ValueError

    headers = [(b"authorization", f"Bearer {SECRET}".encode()), (b"x-star", b"Vega")]
    shown = Page(traceback_html(caught(fail, headers), show_locals=True)).text
    assert SECRET not in shown
    assert "(b'x-star', b'Vega')" in shown


def test_concealing_takes_no_more_steps_of_python_in_a_longer_text(counted_lines: Any) -> None:
    def fail(text: str) -> None:
        raise ValueError

    def work(size: int) -> int:
        exc = caught(fail, "a" * size + "=b")
        lines: int = counted_lines(lambda: traceback_html(exc, show_locals=True))
        return lines

    work(1)  # loads what the page needs
    assert work(100_000) <= work(1_000) + 50


def test_a_value_that_cannot_be_shown_does_not_lose_the_page() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    def fail(value: Any) -> None:
        raise value

    assert "unprintable Broken" in Page(traceback_html(caught(fail, Broken()), show_locals=True)).text


def test_a_deep_recursion_is_shown_by_its_ends() -> None:
    def deep(level: int) -> None:
        deep(level + 1)

    document = traceback_html(caught(deep, 0))
    assert "more calls" in document
    assert len(document) < 500_000


def test_chains_that_loop_and_groups_that_nest_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert Page(traceback_html(first)).text.count("second") >= 1
    nested: Exception = ValueError("innermost")
    for _ in range(300):
        nested = ExceptionGroup("level", [nested] * 3)
    assert "more exceptions" in traceback_html(nested)


def test_missing_source_is_reported_as_missing() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def vanish():\n    raise ValueError('x')", "/nowhere/gone.py", "exec"), namespace)  # noqa: S102
    assert "The source is not available." in traceback_html(caught(namespace["vanish"]))


@given(st.text(st.characters(codec=None), max_size=60))
def test_no_text_of_an_exception_becomes_markup_or_drives_the_screen(text: str) -> None:
    def fail() -> None:
        raise type("Odd<b>Error", (Exception,), {})(text)

    exc = caught(fail)
    exc.add_note(text)
    page = Page(traceback_html(exc, text))
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= {"lang", "charset", "name", "content", "class", "open", "scope"}
    for shown in (page.text, traceback_text(exc)):
        assert not {"\x1b", "\x00", "\r", "\u202e", "\u2028"} & set(shown)
        shown.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>", "&lt;b&gt;", "--><b>"]
)
def test_markup_in_a_message_is_text(text: str) -> None:
    page = Page(traceback_html(ValueError(text), text))
    assert "script" not in page.tags
    assert page.text.count(text) >= 2


# -- the response, by what the client accepts ----------------------------------------------------


async def failing(scope: Any, receive: Any, send: Any) -> None:
    look_up("Sirius")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/plain; charset=utf-8"),
        ("text/html, */*", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("text/html;q=0, */*", "text/plain; charset=utf-8"),
        ("image/png", "text/plain; charset=utf-8"),
        ("nonsense;;;q=x", "text/plain; charset=utf-8"),
    ],
)
async def test_the_form_follows_the_accept_header(http: Any, accept: str, media_type: str) -> None:
    response = await http(ServerErrorMiddleware(failing, debug=True), accept=accept)
    assert (response.status, response.headers["content-type"]) == (500, media_type)
    assert "KeyError" in response.text


@pytest.mark.anyio
async def test_the_json_form_has_the_chain_and_the_frames(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        look_up_all()

    response = await http(ServerErrorMiddleware(app, debug=True), accept="application/json")
    error = json.loads(response.body)["error"]
    assert (error["type"], error["message"]) == ("LookupError", "the catalogue is incomplete")
    assert error["frames"][-1]["function"] == "look_up_all"
    assert error["cause"]["notes"] == ["known stars: Vega"]
    assert error["cause"]["frames"][-1]["source"] == "distances[star]"
    assert "locals" not in error["frames"][-1]


@pytest.mark.anyio
async def test_the_page_is_not_stored_and_runs_nothing(http: Any) -> None:
    response = await http(ServerErrorMiddleware(failing, debug=True), accept="text/html")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")


@pytest.mark.anyio
async def test_the_page_carries_the_nonce_of_the_response(http: Any) -> None:
    response = await http(
        ServerErrorMiddleware(failing, debug=True), accept="text/html", armillary={"csp_nonce": "r4nd0m"}
    )
    assert '<style nonce="r4nd0m">' in response.text
    assert "style-src 'nonce-r4nd0m'" in response.headers["content-security-policy"]


@pytest.mark.anyio
async def test_credentials_of_the_request_are_concealed(http: Any) -> None:
    response = await http(
        ServerErrorMiddleware(failing, debug=True),
        accept="text/html",
        query_string=b"star=Vega&access_token=t0ps3cret",
        headers=[
            (b"authorization", b"Bearer t0ps3cret"),
            (b"cookie", b"session=t0ps3cret"),
            (b"referer", b"https://example.org/?token=t0ps3cret"),
            (b"x-star", b"<Vega>"),
        ],
    )
    assert "t0ps3cret" not in response.text
    assert "star=Vega" in response.text
    assert "&lt;Vega&gt;" in response.text


@pytest.mark.anyio
async def test_locals_may_be_asked_for(http: Any) -> None:
    response = await http(ServerErrorMiddleware(failing, debug=True, show_locals=True), accept="text/html")
    assert "{&#x27;Vega&#x27;: 25.04}" in response.text


@pytest.mark.anyio
async def test_without_debug_nothing_of_the_exception_is_shown(http: Any) -> None:
    for accept in ("application/json", "*/*"):
        response = await http(ServerErrorMiddleware(failing), accept=accept)
        assert response.sentence == "Internal Server Error"
    page = await http(ServerErrorMiddleware(failing), accept="text/html")
    assert (page.text, page.headers["vary"]) == ("Internal Server Error", "Accept")


async def silent(request: Any) -> Any:
    status = 200
    if request is None:
        return status
    return None


@pytest.mark.anyio
async def test_the_page_of_a_result_that_is_no_response_shows_the_endpoint(http: Any) -> None:
    response = await http(ServerErrorMiddleware(request_response(silent), debug=True), accept="text/html")
    page = Page(response.text)
    assert page.text.index("Endpoint") < page.text.index("Traceback")
    assert "armillary.asgi_types.EndpointError" in page.text
    assert "async def silent(request: Any) -> Any:" in page.text
    assert re.search(r'class="current"><i>\d+</i>        return status</span>', response.text)
    assert response.text.count("<details open>") == 1
    assert "test_debug_page.py line" in page.text


@pytest.mark.anyio
async def test_an_exception_of_what_was_returned_names_the_endpoint(http: Any) -> None:
    async def missing(request: Any) -> Any:
        return FileResponse("no-such-file")

    guarded = ServerErrorMiddleware(request_response(missing), debug=True)
    for accept in ("text/html", "application/json", "text/plain"):
        response = await http(guarded, accept=accept, endpoint=missing)
        assert "Raised by what the endpoint test_an_exception_of_what_was_returned_names_the_endpoint." in response.text


@pytest.mark.anyio
async def test_the_endpoint_is_named_once_however_many_layers_ask(http: Any) -> None:
    async def missing(request: Any) -> Any:
        return FileResponse("no-such-file")

    guarded = ServerErrorMiddleware(ServerErrorMiddleware(request_response(missing)))
    response = await http(guarded, endpoint=missing)
    (note,) = response.error.__notes__
    assert note.startswith("Raised by what the endpoint ")


@pytest.mark.anyio
async def test_an_exception_of_the_endpoint_itself_opens_on_its_line(http: Any) -> None:
    async def fails(request: Any) -> Any:
        look_up("Deneb")

    response = await http(
        ServerErrorMiddleware(request_response(fails), debug=True), accept="text/html", endpoint=fails
    )
    assert 'class="note"' not in response.text
    assert re.search(r"<details open><summary><code>look_up</code>", response.text)

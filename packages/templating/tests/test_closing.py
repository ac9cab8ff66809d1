"""Generators that a template iterates are closed before the response returns, however that ends."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import anyio
import anyio.lowlevel
import pytest
from jinja2 import Template
from testkit import Connection, http_scope

from armillary.asgi_types import ClientDisconnect
from armillary.http import Request, Response
from armillary.templating import Jinja2Templates, StreamingTemplateResponse

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
REQUEST = Request({"type": "http", "method": "GET", "path": "/", "headers": []})


@pytest.fixture(autouse=True)
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def closed() -> list[str]:
    """Where the generators of a test write that their `finally` has run."""
    return []


class Rows:
    """Endless rows in each form that a template can iterate; none is dropped before the test ends."""

    def __init__(self, closed: list[str]) -> None:
        self.closed = closed
        self.kept: list[Any] = []

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            while True:
                await anyio.sleep(0)
                yield "x" * 100
        finally:
            self.closed.append("rows")

    def begin(self) -> Any:
        generator = aiter(self)
        self.kept.append(generator)
        return generator


class IterableRows(Rows):
    """Rows whose generator only the template sees, and is kept nevertheless."""

    def __aiter__(self) -> AsyncIterator[str]:
        generator = super().__aiter__()
        self.kept.append(generator)
        return generator


SOURCES = {
    "result": "{% for row in rows() %}{{ row }}{% endfor %}",
    "value": "{% for row in generator %}{{ row }}{% endfor %}",
    "iterable": "{% for row in iterable %}{{ row }}{% endfor %}",
    "loop": "{% for row in rows() %}{{ loop.index }}{{ row }}{% endfor %}",
    "filter": "{% for row in rows()|select|map('upper') %}{{ row }}{% endfor %}",
    "first": "{{ rows()|first }}{% for row in endless %}{{ row }}{% endfor %}",
    "include": "{% include 'rows.html' %}",
    "block": "{% extends 'base.html' %}{% block main %}{% for row in rows() %}{{ row }}{% endfor %}{% endblock %}",
}


class Page:
    """A streamed page of endless rows."""

    def __init__(self, directory: Path, source: str, closed: list[str], **options: Any) -> None:
        for name, text in {
            "page.html": source,
            "rows.html": SOURCES["result"],
            "base.html": "<main>{% block main %}{% endblock %}</main>",
        }.items():
            (directory / name).write_text(text)
        self.templates = Jinja2Templates(directory, enable_async=True, **options)
        rows = Rows(closed)
        self.variables = {
            "rows": rows.begin,
            "generator": rows.begin(),
            "iterable": IterableRows(closed),
            "endless": iter(lambda: "x" * 100, None),
        }

    def response(self, name: str = "page.html") -> StreamingTemplateResponse:
        made = self.templates.StreamingTemplateResponse(REQUEST, name, self.variables)
        assert isinstance(made, StreamingTemplateResponse)
        return made


@pytest.fixture
def page(tmp_path: Path, closed: list[str]) -> Callable[[str], Page]:
    return lambda source: Page(tmp_path, source, closed)


def fail_at(kind: str, count: int, failure: Callable[[], object]) -> Callable[[Any], object]:
    """Call `failure` when the message of this number and type is sent."""
    sent: list[str] = []

    def on_send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == f"http.response.{kind}" and sent.count(message["type"]) == count:
            failure()

    return on_send


def lose_connection() -> None:
    raise ConnectionResetError


@pytest.mark.parametrize("source", SOURCES)
async def test_what_a_template_iterates_is_closed_when_send_fails(
    page: Callable[[str], Page], source: str, closed: list[str]
) -> None:
    connection = Connection(http_scope(), at_end="wait", on_send=fail_at("body", 2, lose_connection))
    with pytest.raises(ClientDisconnect):
        await connection.run(page(SOURCES[source]).response())
    assert closed == ["rows"]


async def test_what_a_template_iterates_is_closed_when_the_server_reports_the_disconnect(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    disconnected = anyio.Event()
    scope = http_scope(asgi={"version": "3.0", "spec_version": "2.3"})
    connection = Connection(scope, on_send=fail_at("body", 2, disconnected.set))

    async def receive() -> Any:
        await disconnected.wait()
        return {"type": "http.disconnect"}

    connection.receive = receive  # type: ignore[method-assign]
    await connection.run(page(SOURCES["result"]).response())
    assert closed == ["rows"]


@pytest.mark.parametrize("kind", ["start", "body"])
async def test_what_a_template_iterates_is_closed_when_the_response_is_cancelled(
    page: Callable[[str], Page], kind: str, closed: list[str]
) -> None:
    with anyio.CancelScope() as cancelled:
        on_send = fail_at(kind, 1, cancelled.cancel)
        await Connection(http_scope(), at_end="wait", on_send=on_send).run(page(SOURCES["result"]).response())
    assert cancelled.cancelled_caught
    assert closed == ["rows"]


async def test_what_a_template_iterates_is_closed_when_the_start_cannot_be_sent(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    connection = Connection(http_scope(), on_send=fail_at("start", 1, lose_connection))
    with pytest.raises(ConnectionResetError):
        await connection.run(page(SOURCES["result"]).response())
    assert closed == ["rows"]


async def test_what_a_template_iterates_is_closed_if_no_body_is_sent(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    sent = await Connection(http_scope(method="HEAD")).run(page(SOURCES["result"]).response())
    assert sent.body == b""
    assert closed == ["rows"]


async def test_what_a_template_iterates_is_closed_when_it_fails_later(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    source = "{% for row in rows() %}{{ row }}{{ 1 / 0 if loop.index == 500 }}{% endfor %}"
    with pytest.raises(ZeroDivisionError):
        await Connection(http_scope(), at_end="wait").run(page(source).response())
    assert closed == ["rows"]


async def test_what_a_template_left_is_closed_at_its_end(page: Callable[[str], Page], closed: list[str]) -> None:
    sent = await Connection(http_scope(), at_end="wait").run(page("{{ rows()|first }}").response())
    assert sent.text == "x" * 100
    assert closed == ["rows"]


async def test_every_generator_is_closed_the_innermost_first_even_if_one_fails(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    async def rows(name: str) -> AsyncGenerator[str]:
        try:
            while True:
                yield "x" * 10_000
        finally:
            closed.append(name)
            await anyio.sleep(0)
            if name == "middle":
                raise LookupError(name)

    made = page(
        "{% for a in many('outer') %}{% for b in many('middle') %}{% for c in many('inner') %}"
        "{{ c }}{% endfor %}{% endfor %}{% endfor %}"
    )
    made.variables["many"] = rows
    connection = Connection(http_scope(), at_end="wait", on_send=fail_at("body", 2, lose_connection))
    with pytest.raises(LookupError, match="middle"):
        await connection.run(made.response())
    assert closed == ["inner", "middle", "outer"]


async def test_what_the_program_itself_began_is_left_open(page: Callable[[str], Page], closed: list[str]) -> None:
    opened: list[AbstractAsyncContextManager[str]] = []

    @asynccontextmanager
    async def pool() -> AsyncIterator[str]:
        try:
            yield "connection"
        finally:
            closed.append("pool")

    async def connect() -> str:
        opened.append(pool())
        return await opened[0].__aenter__()

    made = page("{{ connect() }}")
    made.variables["connect"] = connect
    assert (await Connection(http_scope(), at_end="wait").run(made.response())).text == "connection"
    assert closed == []
    await opened[0].__aexit__(None, None, None)
    assert closed == ["pool"]


async def test_the_hooks_of_the_event_loop_are_called_and_left_in_place(page: Callable[[str], Page]) -> None:
    own = sys.get_asyncgen_hooks()
    begun: list[Any] = []

    def first_iterated(generator: AsyncGenerator[Any, Any]) -> None:
        begun.append(generator)
        if own.firstiter is not None:
            own.firstiter(generator)

    sys.set_asyncgen_hooks(firstiter=first_iterated)
    hooks = sys.get_asyncgen_hooks()
    try:
        made = page("{{ rows()|first }}{{ wait() }}")
        made.variables["wait"] = anyio.lowlevel.checkpoint
        seen: list[Any] = []

        async def look() -> None:
            for _ in range(20):
                seen.append(sys.get_asyncgen_hooks())
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            await Connection(http_scope(), at_end="wait").run(made.response())
        assert set(seen) == {hooks}
        assert sys.get_asyncgen_hooks() == hooks
    finally:
        sys.set_asyncgen_hooks(*own)
    assert any(generator.__name__ == "__aiter__" for generator in begun)


async def test_generators_that_have_ended_are_not_kept(page: Callable[[str], Page]) -> None:
    alive: WeakSet[Any] = WeakSet()

    def few() -> AsyncGenerator[str]:
        async def two() -> AsyncGenerator[str]:
            yield "x" * 1000
            yield "x" * 1000

        generator = two()
        alive.add(generator)
        return generator

    made = page("{% for number in range(200) %}{% for row in few() %}{{ row }}{% endfor %}{% endfor %}")
    made.variables["few"] = few
    counts: list[int] = []
    connection = Connection(http_scope(), at_end="wait", on_send=lambda message: counts.append(len(alive)))
    assert len((await connection.run(made.response())).body) == 400_000
    assert max(counts) < 30


@pytest.mark.parametrize("enable_async", [False, True])
async def test_the_generator_of_the_template_itself_is_closed(
    pages: Pages, enable_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "generate_async" if enable_async else "generate"
    generate = getattr(Template, name)
    kept: list[Any] = []

    def keep(template: Template, context: Any) -> Any:
        kept.append(generate(template, context))
        return kept[-1]

    monkeypatch.setattr(Template, name, keep)
    templates = Jinja2Templates(
        pages(page__html="{% for n in range(9999) %}{{ n }} {% endfor %}"), enable_async=enable_async
    )
    response = templates.StreamingTemplateResponse(REQUEST, "page.html")
    with pytest.raises(ClientDisconnect):
        await Connection(http_scope(), at_end="wait", on_send=fail_at("body", 1, lose_connection)).run(response)
    [generator] = kept
    assert (generator.ag_frame if enable_async else generator.gi_frame) is None


# --- pages that are rendered whole ---------------------------------------------------------


FAILING = "{% for row in rows() %}{{ 1 / 0 }}{% endfor %}"


@pytest.mark.parametrize(
    ("source", "block"),
    [
        (FAILING, None),
        ("{% block main %}" + FAILING + "{% endblock %}", "main"),
        ("{% macro table() %}" + FAILING + "{% endmacro %}{{ table() }}", None),
    ],
)
async def test_a_whole_page_closes_what_it_iterates_when_it_fails(
    page: Callable[[str], Page], source: str, block: str | None, closed: list[str]
) -> None:
    made = page(source)
    response = made.templates.TemplateResponse(REQUEST, "page.html", made.variables, block=block)
    with pytest.raises(ZeroDivisionError):
        await Connection(http_scope(), at_end="wait").run(response)
    assert closed == ["rows"]


async def test_a_whole_page_closes_what_it_left(page: Callable[[str], Page], closed: list[str]) -> None:
    made = page("{{ rows()|first }}")
    response = made.templates.TemplateResponse(REQUEST, "page.html", made.variables)
    await Connection(http_scope(), at_end="wait").run(response)
    assert closed == ["rows"]


async def test_a_whole_page_closes_what_it_iterates_when_it_is_cancelled(
    page: Callable[[str], Page], closed: list[str]
) -> None:
    async def wait(row: str) -> str:
        cancelled.cancel()
        await anyio.sleep_forever()
        return row

    made = page("{% for row in rows() %}{{ wait(row) }}{% endfor %}")
    made.variables["wait"] = wait
    response = made.templates.TemplateResponse(REQUEST, "page.html", made.variables)
    with anyio.CancelScope() as cancelled:
        await Connection(http_scope(), at_end="wait").run(response)
    assert closed == ["rows"]


# --- templates that do not await -----------------------------------------------------------


def plain_rows(closed: list[str]) -> Generator[str]:
    try:
        while True:
            yield "x" * 100
    finally:
        closed.append("rows")


PLAIN_SOURCES = ["{% for row in rows() %}{{ row }}{% endfor %}", "{% for row in generator %}{{ row }}{% endfor %}"]


@pytest.mark.parametrize("source", PLAIN_SOURCES)
@pytest.mark.parametrize("ending", ["body", "start", "cancelled", "HEAD"])
async def test_a_template_that_does_not_await_closes_what_it_iterates(
    pages: Pages, source: str, ending: str, closed: list[str]
) -> None:
    templates = Jinja2Templates(pages(page__html=source))
    variables = {"rows": lambda: plain_rows(closed), "generator": plain_rows(closed)}

    def make() -> Response:
        return templates.StreamingTemplateResponse(REQUEST, "page.html", variables)

    response = make()  # Kept to the end: dropping it closes nothing.
    with anyio.CancelScope() as cancelled:
        endings: dict[str, Any] = {
            "body": fail_at("body", 2, lose_connection),
            "start": fail_at("start", 1, lose_connection),
            "cancelled": fail_at("body", 2, cancelled.cancel),
            "HEAD": None,
        }
        scope = http_scope(method="HEAD" if ending == "HEAD" else "GET")
        connection = Connection(scope, at_end="wait", on_send=endings[ending])
        if ending in ("body", "start"):
            with pytest.raises(ClientDisconnect if ending == "body" else ConnectionResetError):
                await connection.run(response)
        else:
            await connection.run(response)
    assert closed == ["rows"]

"""GraphiQL from inside the package, driven in a real browser that reaches no other host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
EDITOR = ".graphiql-query-editor .monaco-editor"
RESPONSE = ".graphiql-response"

RECORD = """() => {
  window.seen = [];
  const response = document.querySelector(".graphiql-response");
  new MutationObserver(() => {
    const found = /"countdown":\\s*(\\d+)/.exec(response.textContent);
    if (found && window.seen.at(-1) !== Number(found[1])) window.seen.push(Number(found[1]));
  }).observe(response, { childList: true, subtree: true, characterData: true });
}"""


class IDEPage:
    """The page, what it requested and the errors it logged."""

    def __init__(self, browser: Any, url: str) -> None:
        self.page = browser.new_page(viewport={"width": 1200, "height": 760})
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", self._record)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self.page.locator(EDITOR).wait_for()

    def _record(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def run(self, query: str) -> None:
        self.page.locator(EDITOR).click()
        # Typed, it would have each bracket closed twice.
        model = "__MONACO.editor.getModels().find((model) => /operation/.test(model.uri.path))"
        self.page.evaluate(f"(query) => {model}.setValue(query)", query)
        self.page.locator(".graphiql-execute-button").click()

    def expect_response(self, text: str) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(RESPONSE)).to_contain_text(text, timeout=10_000)

    def screenshot(self, name: str) -> None:
        if "SCREENSHOTS" in os.environ:
            self.page.screenshot(path=f"{os.environ['SCREENSHOTS']}/{name}.png")


@pytest.fixture
def ide(browser: Any, serve: Callable[..., Any]) -> Iterator[IDEPage]:
    server = serve("uvicorn-websockets", "examples.graphql.app:app", PYTHONPATH=str(ROOT))
    opened = IDEPage(browser, f"http://127.0.0.1:{server.port}/graphql")
    yield opened
    opened.page.close()


def test_graphiql_runs_queries_shows_errors_and_streams_without_another_host(ide: IDEPage) -> None:
    ide.run("{ books(limit: 1) { title author { name } } }")
    ide.expect_response("The Dispossessed")
    ide.screenshot("graphiql-query")
    ide.run('{ book(title: "Ulysses") { title } }')
    ide.expect_response("There is no book called")
    ide.screenshot("graphiql-error")
    ide.page.evaluate(RECORD)
    ide.run("subscription { countdown(start: 4) }")
    ide.expect_response('"countdown": 0')
    assert ide.page.evaluate("window.seen") == [4, 3, 2, 1, 0]
    ide.screenshot("graphiql-subscription")
    assert ide.errors == []
    host = ide.page.url.split("/")[2]
    assert {url.split("/")[2] for url in ide.requested if not url.startswith(("data:", "blob:"))} == {host}


def test_the_documentation_of_the_schema_is_shown(ide: IDEPage) -> None:
    from playwright.sync_api import expect

    ide.page.get_by_label("Show Documentation Explorer").click()
    expect(ide.page.locator(".graphiql-doc-explorer")).to_contain_text("Mutation")
    assert ide.errors == []


def test_the_editor_completes_what_the_schema_has(ide: IDEPage) -> None:
    from playwright.sync_api import expect

    ide.page.locator(EDITOR).click()
    ide.page.keyboard.press("Control+A")
    ide.page.keyboard.type("{ boo")
    expect(ide.page.locator(".suggest-widget")).to_contain_text("books", timeout=10_000)
    assert ide.errors == []

"""Swagger UI from inside the package, driven in a real browser that reaches no other host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

SERVED = os.path.join(os.path.dirname(__file__), "served")


class DocsPage:
    """The page, what it requested and the errors it logged."""

    def __init__(self, browser: Any, url: str) -> None:
        self.context = browser.new_context(viewport={"width": 1200, "height": 1000})
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requested.append(request.url))
        self.page = self.context.new_page()
        self.page.on("console", self._record)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self.page.locator(".swagger-ui .info").wait_for()

    def _record(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def operation(self, operation_id: str) -> Any:
        return self.page.locator(f"#operations-default-{operation_id}")

    def screenshot(self, name: str) -> None:
        if "SCREENSHOTS" in os.environ:
            self.page.screenshot(path=f"{os.environ['SCREENSHOTS']}/{name}.png", full_page=True)

    def check_hosts(self, host: str) -> None:
        assert {url.split("/")[2] for url in self.requested if not url.startswith(("data:", "blob:"))} == {host}


@pytest.fixture
def docs(browser: Any, serve: Callable[..., Any]) -> Iterator[DocsPage]:
    server = serve("uvicorn-websockets", "openapi_story:app", PYTHONPATH=SERVED)
    opened = DocsPage(browser, f"http://127.0.0.1:{server.port}/docs")
    yield opened
    opened.check_hosts(f"127.0.0.1:{server.port}")
    opened.context.close()


def test_the_document_is_shown_and_nothing_is_blocked(docs: DocsPage) -> None:
    from playwright.sync_api import expect

    expect(docs.page.locator(".info .title")).to_contain_text("Stars")
    expect(docs.page.locator(".info strong")).to_have_text("stars")
    assert docs.page.locator(".opblock").count() == 3
    docs.operation("get_stars_by_number").locator(".opblock-summary-control").first.click()
    expect(docs.operation("get_stars_by_number")).to_contain_text("No star has this number.")
    docs.screenshot("swagger-ui-document")
    assert docs.errors == []


def test_the_page_is_dark_if_the_browser_asks_for_it(docs: DocsPage) -> None:
    from playwright.sync_api import expect

    page = expect(docs.page.locator("html"))  # waits, since the browser reports another scheme a little later
    dark = "rgb(28, 32, 34)"
    page.not_to_have_css("background-color", dark)
    docs.page.emulate_media(color_scheme="dark")
    page.to_have_css("background-color", dark)
    docs.screenshot("swagger-ui-dark")
    docs.page.emulate_media(color_scheme="light")
    page.not_to_have_css("background-color", dark)


def test_an_operation_is_tried_out_with_an_api_key(docs: DocsPage) -> None:
    from playwright.sync_api import expect

    docs.page.locator(".auth-wrapper .authorize").first.click()
    dialog = docs.page.locator(".dialog-ux")
    dialog.locator("input[type=text], input[type=password]").first.fill("lyra")
    dialog.locator("button.authorize").first.click()
    dialog.get_by_role("button", name="Close").first.click()
    operation = docs.operation("get_stars_by_number")
    operation.locator(".opblock-summary-control").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name=number] input").fill("1")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("Vega")
    docs.screenshot("swagger-ui-key")
    assert docs.errors == []


def test_an_operation_is_tried_out_after_a_sign_in_by_oauth(docs: DocsPage) -> None:
    from playwright.sync_api import expect

    docs.page.locator(".auth-wrapper .authorize").first.click()
    login = docs.page.locator(".dialog-ux .auth-container", has_text="OAuth2")
    login.get_by_text("select all").first.click()
    login.locator("button.authorize").click()
    expect(login.locator("button", has_text="Logout")).to_be_visible(timeout=10_000)
    docs.screenshot("swagger-ui-oauth")
    docs.page.locator(".dialog-ux .close-modal").click()
    operation = docs.operation("post_stars")
    operation.locator(".opblock-summary-control").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill('{"name": "Altair", "magnitude": 0.76}')
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("201")
    expect(operation.locator(".live-responses-table")).to_contain_text("Altair")
    assert docs.errors == []


def test_a_star_of_the_example_is_added_and_shown_from_its_page(
    browser: Any, serve_example: Callable[[str], str]
) -> None:
    from playwright.sync_api import expect

    address = serve_example("stars")
    docs = DocsPage(browser, f"{address}docs")

    def opened(operation_id: str) -> Any:
        operation = docs.page.locator(f"#operations-stars-{operation_id}")
        operation.locator(".opblock-summary-control").first.click()
        operation.get_by_role("button", name="Try it out").click()
        return operation

    def execute(operation: Any, status: str) -> Any:
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text(status)
        return operation.locator(".live-responses-table")

    add, page = opened("post_stars"), opened("get_stars")
    add.locator("textarea").fill('{"name": "Vega", "constellation": "Lyra", "magnitude": 0.03}')
    execute(add, "201")
    expect(execute(page, "200")).to_contain_text("Vega")
    expect(execute(add, "409")).to_contain_text("There is a star called Vega already.")
    docs.screenshot("swagger-ui-stars")
    docs.check_hosts(address.split("/")[2])
    docs.context.close()
    # A browser logs the status of a response that is an error; nothing else was.
    assert [error for error in docs.errors if "409" not in error] == []


def test_redoc_shows_the_document_and_what_it_asks_of_another_host_is_blocked(
    browser: Any, serve: Callable[..., Any]
) -> None:
    from playwright.sync_api import expect

    server = serve("uvicorn-websockets", "openapi_story:app", PYTHONPATH=SERVED)
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    received: list[str] = []
    page.on("response", lambda response: received.append(response.url))
    page.goto(f"http://127.0.0.1:{server.port}/redoc")
    expect(page.get_by_role("heading", name="Stars")).to_be_visible(timeout=20_000)
    expect(page.locator("body")).to_contain_text("Show a star")
    if "SCREENSHOTS" in os.environ:
        page.screenshot(path=f"{os.environ['SCREENSHOTS']}/redoc.png")
    page.close()
    assert {url.split("/")[2] for url in received if not url.startswith(("data:", "blob:"))} == {
        f"127.0.0.1:{server.port}"
    }

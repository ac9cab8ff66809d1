"""The log-in example in a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "analytical engine"

FORGE = """
(address) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address + "notes";
    const field = document.createElement("input");
    field.name = "note";
    field.value = "planted";
    form.append(field);
    document.body.append(form);
    setTimeout(() => form.submit()); // after this has returned: leaving the page ends what runs on it
}
"""


@pytest.fixture(scope="module")
def address(serve_example: Callable[[str], str]) -> str:
    return serve_example("login")


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 900, "height": 640})
    page = context.new_page()
    page.broken = []
    page.on("console", lambda message: page.broken.append(message.text) if message.type == "error" else None)
    yield page
    context.close()


def log_in(page: Any, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def keep_picture(page: Any, name: str) -> None:
    if "SCREENSHOTS" in os.environ:
        page.screenshot(path=f"{os.environ['SCREENSHOTS']}/{name}.png")


def test_a_visit_from_the_log_in_to_the_log_out(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address + "?from=bookmark")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    keep_picture(page, "login")
    log_in(page)
    expect(page.get_by_role("heading", name="Your notes")).to_be_visible()
    assert page.url == address + "?from=bookmark"
    page.get_by_label("New note").fill("<b>M13</b> is up by ten")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("listitem")).to_have_text(["<b>M13</b> is up by ten"])
    keep_picture(page, "login-notebook")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.broken == []


def test_a_wrong_password_is_reported_and_the_name_is_kept(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address)
    log_in(page, "guess")
    expect(page.get_by_role("alert")).to_have_text("Name and password do not belong together.")
    expect(page.get_by_label("Name")).to_have_value("ada")
    expect(page.get_by_label("Password")).to_be_focused()
    keep_picture(page, "login-wrong")


def test_scripts_see_neither_cookie(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address)
    log_in(page)
    expect(page.get_by_role("heading", name="Your notes")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies.keys() == {"session", "csrftoken"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies.values())


def test_the_page_works_on_a_small_screen_in_the_dark(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    keep_picture(page, "login-small")
    context.close()


def test_a_page_of_another_origin_cannot_post_a_form(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address)
    log_in(page)
    expect(page.get_by_role("heading", name="Your notes")).to_be_visible()
    # The same port by another host name is another site, to the browser and to the middleware.
    page.route("http://evil.test/", lambda route: route.fulfill(body="<title>evil</title>", content_type="text/html"))
    page.goto("http://evil.test/")
    with page.expect_response(lambda response: response.url == address + "notes") as posted:
        page.evaluate(FORGE, address)
    assert posted.value.status == 403
    page.wait_for_url(address + "notes")
    page.goto(address)
    assert "planted" not in page.content()

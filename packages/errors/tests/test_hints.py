"""The notes with what to write instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.errors._hints import hint_of
from armillary.http import RedirectResponse, Request, Response


class WithoutText(TypeError):
    def __str__(self) -> str:
        raise RuntimeError("this exception has no text")


class RuntimeErrorWithoutText(RuntimeError):
    __str__ = WithoutText.__str__


class TemplateSyntaxError(Exception):
    __str__ = WithoutText.__str__


def error_of(mistake: Callable[[], Any]) -> Exception:
    with pytest.raises((TypeError, AttributeError)) as caught:
        mistake()
    return caught.value


@pytest.mark.anyio
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("error", [WithoutText, RuntimeErrorWithoutText, TemplateSyntaxError])
async def test_an_exception_whose_text_fails_is_a_500_and_is_raised_itself(
    http: Any, debug: bool, error: type[Exception]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    response = await http(ServerErrorMiddleware(ExceptionMiddleware(app), debug=debug))
    assert response.status == 500
    assert type(response.error) is error


def test_the_query_is_the_hint_for_our_requests_and_not_for_other_classes_named_request() -> None:
    request: Any = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    other: Any = type("Request", (), {})()
    assert hint_of(error_of(lambda: request.args)) == "Write request.query_params"
    assert hint_of(error_of(lambda: other.args)) is None


def test_a_function_of_python_that_is_not_called_needs_no_await() -> None:
    request: Any = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    built_in: Any = {}.get
    assert hint_of(error_of(lambda: built_in["a"])) == "Call it: write () behind its name"
    assert hint_of(error_of(lambda: request.json["a"])) == "Call the method: write () behind its name, await before"


def test_what_is_said_of_ours_is_not_said_of_classes_and_values_of_the_program() -> None:
    class UserResponse:
        def __init__(self, name: str) -> None: ...

    response: Any = Response
    redirect: Any = RedirectResponse
    user: Any = UserResponse
    nothing: Any = None
    assert hint_of(error_of(lambda: response("a", status=200))) == "Write status_code=..."
    assert hint_of(error_of(lambda: redirect("/", status=307))) == "Write status_code=..."
    assert hint_of(error_of(lambda: user("a", status="new"))) is None
    assert hint_of(error_of(lambda: nothing.isascii())) is None


def test_an_error_that_was_never_raised_has_the_hint_of_its_text() -> None:
    never_raised = TypeError("object dict can't be used in 'await' expression")
    assert hint_of(never_raised) == "Leave out await: what is called is not async"


def test_a_list_that_is_called_elsewhere_is_no_background_work() -> None:
    numbers: Any = [1]
    assert hint_of(error_of(lambda: numbers())) is None


def test_a_function_without_async_that_asks_for_the_event_loop_gets_the_hint_to_write_async() -> None:
    def endpoint() -> None:
        asyncio.get_running_loop()

    async def under_trio() -> None:
        asyncio.get_running_loop()

    with pytest.raises(RuntimeError) as of_thread:
        endpoint()
    with pytest.raises(RuntimeError) as of_trio:
        under_trio().send(None)
    assert (hint_of(of_thread.value) or "").startswith("Write async def")
    assert hint_of(of_trio.value) is None

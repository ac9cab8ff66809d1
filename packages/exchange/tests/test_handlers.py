from __future__ import annotations

from typing import Any

import pytest

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.exchange import (
    check_exception_handler,
    find_exception_handler,
    has_registered_handlers,
    register_handlers,
    registered_handler,
    restore_handlers,
)


def handler(request: Any, exc: Exception) -> None: ...


def other(request: Any, exc: Exception) -> None: ...


def test_the_status_of_an_http_exception_comes_before_its_class() -> None:
    assert find_exception_handler({404: handler, HTTPException: other}, HTTPException(404)) is handler
    assert find_exception_handler({404: handler, HTTPException: other}, HTTPException(405)) is other


def test_the_nearest_class_comes_first() -> None:
    assert find_exception_handler({Exception: other, LookupError: handler}, KeyError("x")) is handler
    assert find_exception_handler({LookupError: handler}, ValueError()) is None


@pytest.mark.parametrize(
    ("key", "error"), [("404", TypeError), (True, TypeError), (KeyboardInterrupt, TypeError), (99, ValueError)]
)
def test_a_key_that_is_neither_a_status_nor_an_exception_class_is_named(key: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="exception_handlers"):
        check_exception_handler(key, handler)


def test_a_handler_that_cannot_be_called_is_named() -> None:
    with pytest.raises(TypeError, match="must be a function"):
        check_exception_handler(404, "handler")


def test_handlers_leave_the_record_with_their_layer_also_if_there_were_none_before() -> None:
    scope: dict[str, Any] = {"type": "http"}
    assert registered_handler(scope, KeyError()) is None
    outer = register_handlers(scope, {LookupError: handler})
    inner = register_handlers(scope, {LookupError: other})
    assert registered_handler(scope, KeyError()) is other
    restore_handlers(scope, inner)
    assert registered_handler(scope, KeyError()) is handler
    restore_handlers(scope, outer)
    assert registered_handler(scope, KeyError()) is None
    assert not has_registered_handlers(scope)
    assert "exception_handlers" not in scope["armillary"]


def test_a_status_code_is_a_key_for_http_exceptions_alone() -> None:
    assert find_exception_handler({1008: handler}, WebSocketException(1008)) is None

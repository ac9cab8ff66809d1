"""`Middleware`, a class and the arguments it will be given."""

from __future__ import annotations

from typing import Any, cast

import pytest

from armillary.asgi_types import ASGIApp, Middleware


class Timed:
    def __init__(self, app: ASGIApp, seconds: float, *, strict: bool = False) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def test_it_iterates_over_class_positional_and_keyword_arguments() -> None:
    cls, args, kwargs = Middleware(Timed, 2.5, strict=True)
    assert (cls, args, kwargs) == (Timed, (2.5,), {"strict": True})


def test_it_shows_what_it_holds() -> None:
    assert repr(Middleware(Timed, 2.5, strict=True)) == "Middleware(Timed, 2.5, strict=True)"
    assert repr(Middleware(Timed, 2.5)) == "Middleware(Timed, 2.5)"


def test_a_callable_instance_is_shown_by_its_class() -> None:
    class Factory:
        def __call__(self, app: ASGIApp, /) -> ASGIApp:
            return app

    assert repr(Middleware(Factory())) == "Middleware(Factory)"


def test_something_that_cannot_be_called_is_rejected() -> None:
    with pytest.raises(TypeError, match="takes a class or function as its first argument, got 'cors'"):
        Middleware(cast(Any, "cors"))

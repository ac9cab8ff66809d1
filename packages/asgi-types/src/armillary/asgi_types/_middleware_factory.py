"""What a `Middleware` makes an application with."""

from __future__ import annotations

from typing import Any, ParamSpec, Protocol

from ._application import ASGIApp

P = ParamSpec("P")


class MiddlewareFactory(Protocol[P]):
    """Anything that takes an application first and returns one: a class or a function."""

    def __call__(self, app: Any, /, *args: P.args, **kwargs: P.kwargs) -> ASGIApp: ...

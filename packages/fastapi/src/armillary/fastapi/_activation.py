"""Switching on: three attributes of FastAPI's are replaced, if this is a FastAPI that they are written for."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import version
from typing import Any

from armillary.routing import Router

SUPPORTED_VERSIONS = ">=0.165,<0.166"
"""The versions of FastAPI that the package makes faster; with any other it leaves FastAPI as it is."""

_LOWEST, _BELOW = (0, 165), (0, 166)
_SWITCH = "ARMILLARY_FASTAPI"

_replaced: list[tuple[Any, str, Any]] = []


def activate() -> str | None:
    """Make the FastAPI of this process faster; routes that exist already keep FastAPI's handlers.

    The launcher of `armillary-starlette` calls it when a program imports `fastapi`.

    Returns:
        One line for the log that says what is on, or why nothing is; None if it is on already, or off by
        `ARMILLARY_FASTAPI=0`.
    """
    if _replaced or os.environ.get(_SWITCH) == "0":
        return None
    hindrance = _hindrance()
    if hindrance:
        return f"armillary-fastapi is off: {hindrance}"
    routing: Any = import_module("fastapi.routing")
    from ._flat_routing import flat_app
    from ._handler import get_request_handler, request_response

    _replace(routing, "get_request_handler", get_request_handler)
    _replace(routing, "request_response", request_response)
    _replace(routing.APIRouter, "app", flat_app)
    found, own = version("fastapi"), version("armillary-fastapi")
    return f"fastapi {found} is made faster by armillary-fastapi {own}; {_SWITCH}=0 turns it off"


def why_off() -> str:
    """Return why FastAPI is as it is; "" if it is made faster."""
    if _replaced:
        return ""
    if os.environ.get(_SWITCH) == "0":
        return f"{_SWITCH}=0 turns armillary-fastapi off"
    return _hindrance() or "armillary.fastapi.activate() was not called, or failed, which the log says"


def _hindrance() -> str:
    """Return why this FastAPI cannot be made faster; "" if it can."""
    found = version("fastapi")
    if not _LOWEST <= _release(found) < _BELOW:
        return f"it is for fastapi {SUPPORTED_VERSIONS}, and fastapi {found} is installed"
    routing: Any = import_module("fastapi.routing")
    if not issubclass(routing.APIRouter, Router):
        return (
            "fastapi runs on another Starlette; start with `python -m armillary.starlette`, "
            "or call armillary.starlette.install() before the first import of fastapi"
        )
    return ""


def deactivate() -> None:
    """Give FastAPI its own attributes back. Routes that exist already keep their compiled handlers."""
    while _replaced:
        owner, name, own = _replaced.pop()
        setattr(owner, name, own)


def _replace(owner: Any, name: str, value: Any) -> None:
    _replaced.append((owner, name, getattr(owner, name)))
    setattr(owner, name, value)


def _release(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    numbers = (part for part in text.split(".")[:2])
    return tuple(int(number) if number.isdecimal() else 0 for number in numbers)

"""The same program in each framework: one module a framework, imported when its contest begins.

A module has two functions without arguments. `application` returns an application of these routes:

    GET /                                  text: Hello, world!
    GET /json                              JSON: {"hello": "world"}
    GET /users/{name}                      text: the name
    GET /stars/{star}/planets/{planet}     text: both, with a space between
    POST /named                            text: the member `name` of the JSON document that is the body
    GET /query                             text: the parameter `name` of the query string

`thousand_routes` returns one of the routes `/items0/{key}/detail` to `/items999/{key}/detail`, which send "found".

Each is written as the documentation of its framework has it, with its defaults. Robyn is not among them: its requests
come from a server of its own, written in Rust, and cannot be given to it as an ASGI scope.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from frame import Application

PEERS = ("armillary", "starlette", "fastapi", "litestar", "falcon", "blacksheep", "quart", "lilya")
COMPILED = ("falcon", "blacksheep")
"""Peers whose wheels have compiled modules."""

ROUTES = 1000


def programs(which: str) -> dict[str, Application]:
    """Return each framework's `application` or `thousand_routes`, by its name."""
    return {peer: getattr(import_module(f"peers.{peer}"), which)() for peer in PEERS}


def starts(found: Mapping[str, Any]) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return what has to be awaited before the first request, by the framework's name."""
    return {"blacksheep": found["blacksheep"].start}

"""`armillary routes`: what answers where."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import click
from rich.table import Table

from ._console import output, print_json
from ._errors import place
from ._import_string import load_application
from ._middleware_list import application_middleware, layers
from ._options import application_options, json_option


@dataclass
class RouteRow:
    """One line of the table.

    Attributes:
        methods: of HTTP, "WEBSOCKET" for those; empty for any.
        path: with those of the mounts above, and the host before it if there is one.
        name: for `url_path_for`, with those of the mounts above.
        endpoint: the dotted name of the function, class or application.
        place: file and line of the endpoint.
        middleware: around this route and the mounts above, the outermost first; not the application's.
        guards: what the endpoint requires of a user.
    """

    methods: list[str]
    path: str
    name: str
    endpoint: str
    place: str
    middleware: list[str] = field(default_factory=list[str])
    guards: list[str] = field(default_factory=list[str])


@click.command()
@application_options
@json_option
def routes(reference: str | None, app_dir: str, as_json: bool) -> None:
    """List the routes of APP in the order they are tried."""
    app = load_application(reference, app_dir).app
    rows = list(route_rows(app))
    middleware = [entry.name for entry in application_middleware(app)]
    if as_json:
        print_json({"middleware": middleware, "routes": [asdict(row) for row in rows]})
        return
    if not rows:
        output().print("There is no route.")
        return
    shows_layers = any(row.middleware or row.guards for row in rows)
    columns = ["methods", "path", "name", "endpoint", "at"] + (["middleware", "guards"] if shows_layers else [])
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        cells = [" ".join(row.methods) or "any", row.path, row.name, row.endpoint, row.place]
        cells += [" ".join(row.middleware), " ".join(row.guards)] if shows_layers else []
        table.add_row(*cells)
    console = output()
    console.print(table)
    if middleware:
        console.print(f"\nAround all of them: {', '.join(middleware)}")


def route_rows(
    app: Any, path: str = "", name: str = "", around: tuple[str, ...] = (), above: tuple[int, ...] = ()
) -> Iterator[RouteRow]:
    """Yield the rows of an application's routes, and of those below its mounts."""
    if id(app) in above:
        return
    for route in getattr(app, "routes", ()):
        where = path + (getattr(route, "path", "") or "")
        if not hasattr(route, "path") and hasattr(route, "host"):
            where = f"//{route.host}{path}"
        named = (
            f"{name}:{route.name}" if name and getattr(route, "name", "") else name or getattr(route, "name", "") or ""
        )
        inner_app = getattr(route, "app", None)
        below = None if hasattr(route, "endpoint") else getattr(route, "base_app", inner_app)
        middleware = (*around, *_layer_names(inner_app, getattr(route, "base_app", below)))
        if below is not None and getattr(below, "routes", None):
            inner = tuple(entry.name for entry in application_middleware(below))
            yield from route_rows(below, where, named, (*middleware, *inner), (*above, id(app)))
            continue
        endpoint = getattr(route, "endpoint", below)
        yield RouteRow(
            methods=_methods(route, is_mount=below is not None),
            path=where or "/",
            name=named,
            endpoint=endpoint_name(endpoint),
            place=endpoint_place(endpoint),
            middleware=list(middleware),
            guards=_guards(endpoint),
        )


def endpoint_name(endpoint: Any) -> str:
    """Return the dotted name of a function or class, or of an instance's class."""
    found: Any = _unwrapped(endpoint)
    named: Any = found if hasattr(found, "__qualname__") else found.__class__
    return f"{named.__module__}.{named.__qualname__}"


def endpoint_place(endpoint: Any) -> str:
    """Return file and line where an endpoint, or the class of an instance, is defined."""
    found: Any = _unwrapped(endpoint)
    try:
        if not (inspect.isroutine(found) or inspect.isclass(found)):
            found = found.__class__
        line = inspect.getsourcelines(found)[1]
        return place(inspect.getsourcefile(found) or "", line)
    except (OSError, TypeError):
        return ""


def _unwrapped(endpoint: Any) -> Any:
    """Return the function that a partial or a decorator is around."""
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return inspect.unwrap(endpoint)  # pyright: ignore[reportUnknownArgumentType]


def _methods(route: Any, *, is_mount: bool) -> list[str]:
    if "websocket" in type(route).__name__.lower() or getattr(route, "scope_type", "") == "websocket":
        return ["WEBSOCKET"]
    methods: list[str] = sorted(getattr(route, "methods", None) or ())
    return [method for method in methods if method != "HEAD" or "GET" not in methods] if not is_mount else []


def _layer_names(app: Any, innermost: Any) -> list[str]:
    found = [
        layer for layer in layers(app, innermost) if type(layer).__module__.partition("._")[0] != "armillary.routing"
    ]
    return [type(layer).__name__ for layer in found]


def _guards(endpoint: Any) -> list[str]:
    """Return the scopes that `requires` of armillary-authentication asks for."""
    return [str(scope) for scope in getattr(endpoint, "required_scopes", ())]

"""Exception handlers and middleware are read when an application starts: a later change is an error."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import PlainTextResponse, Request, Response
from armillary.routing import Route

pytestmark = pytest.mark.anyio


class Outside:
    def __init__(self, app: Any, label: str = "") -> None:
        self.app = app
        self.label = label

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["labels"] = [*scope.get("labels", []), self.label]
        await self.app(scope, receive, send)


async def labels(request: Request) -> Response:
    return PlainTextResponse(",".join(request.scope.get("labels", [])))


async def not_found(request: Request, exc: Exception) -> Response:
    return PlainTextResponse("nothing here", 404)


async def teapot(request: Request, exc: Exception) -> Response:
    return PlainTextResponse("teapot", 418)


CHANGES: dict[str, Any] = {
    "handlers[key]": lambda app: app.exception_handlers.__setitem__(404, not_found),
    "del handlers[key]": lambda app: app.exception_handlers.__delitem__(418),
    "handlers.update": lambda app: app.exception_handlers.update({404: not_found}),
    "handlers |=": lambda app: app.exception_handlers.__ior__({404: not_found}),
    "handlers.setdefault": lambda app: app.exception_handlers.setdefault(404, not_found),
    "handlers.pop": lambda app: app.exception_handlers.pop(418),
    "handlers.popitem": lambda app: app.exception_handlers.popitem(),
    "handlers.clear": lambda app: app.exception_handlers.clear(),
    "handlers =": lambda app: setattr(app, "exception_handlers", {404: not_found}),
    "middleware.append": lambda app: app.user_middleware.append(Middleware(Outside, "b")),
    "middleware.insert": lambda app: app.user_middleware.insert(0, Middleware(Outside, "b")),
    "middleware.extend": lambda app: app.user_middleware.extend([Middleware(Outside, "b")]),
    "middleware +=": lambda app: app.user_middleware.__iadd__([Middleware(Outside, "b")]),
    "middleware *=": lambda app: app.user_middleware.__imul__(2),
    "middleware[0]": lambda app: app.user_middleware.__setitem__(0, Middleware(Outside, "b")),
    "del middleware[0]": lambda app: app.user_middleware.__delitem__(0),
    "middleware.pop": lambda app: app.user_middleware.pop(),
    "middleware.remove": lambda app: app.user_middleware.remove(app.user_middleware[0]),
    "middleware.clear": lambda app: app.user_middleware.clear(),
    "middleware.reverse": lambda app: app.user_middleware.reverse(),
    "middleware.sort": lambda app: app.user_middleware.sort(key=id),
    "middleware =": lambda app: setattr(app, "user_middleware", []),
}


def make(cls: type[Armillary] = Armillary) -> Armillary:
    middleware = [Middleware(Outside, "a")]
    return cls(routes=[Route("/", labels)], middleware=middleware, exception_handlers={418: teapot})


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_after_the_first_connection_is_an_error_and_changes_nothing(change: Any, http: Any) -> None:
    app = make()
    await http(app)
    handlers, middleware = dict(app.exception_handlers), list(app.user_middleware)
    with pytest.raises(RuntimeError, match=r"Cannot change (exception_handlers|user_middleware) after .* has started"):
        change(app)
    assert (app.exception_handlers, app.user_middleware) == (handlers, middleware)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_before_the_first_connection_counts(change: Any, http: Any) -> None:
    app = make()
    change(app)
    expected = make()
    change(expected)
    handlers = app.exception_handlers
    assert (await http(app)).text == ",".join(item.args[0] for item in app.user_middleware)
    missing = await http(app, "/none")
    assert (missing.text == "nothing here") if 404 in handlers else (missing.sentence == "Not Found")


def test_every_method_that_changes_a_list_or_dict_is_guarded() -> None:
    app = make()
    for container, base, fixed in ((app.user_middleware, list, tuple), (app.exception_handlers, dict, ())):
        reading = {"copy", "__reversed__", "fromkeys", "get", "items", "keys", "values", "__or__", "__ror__"}
        changing = {name for name in dir(base) if name not in dir(fixed or object)} - reading
        changing -= {"__class_getitem__", "__contains__", "__getitem__", "__iter__", "__len__"}
        assert changing <= set(vars(type(container))), changing - set(vars(type(container)))


async def test_an_application_that_rejects_no_late_changes_has_a_plain_list_and_dict(http: Any) -> None:
    class Lenient(Armillary):
        rejects_late_changes = False

    app = make(Lenient)
    await http(app)
    assert type(app.user_middleware) is list
    assert type(app.exception_handlers) is dict
    app.user_middleware.clear()
    app.exception_handlers = {}
    assert (await http(app)).text == "a"


async def test_building_the_stack_again_takes_changes(http: Any) -> None:
    app = make()
    await http(app)
    app.middleware_stack = None
    app.user_middleware.append(Middleware(Outside, "b"))
    assert (await http(app)).text == "a,b"


async def test_a_copy_of_the_settings_is_a_plain_list_or_dict(http: Any) -> None:
    app = make()
    await http(app)
    for container, base in ((app.user_middleware, list), (app.exception_handlers, dict)):
        for again in (copy.copy(container), copy.deepcopy(container)):
            assert type(again) is base
            again.clear()
        assert container

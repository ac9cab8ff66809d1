"""What other frameworks call the arguments of routes and routers, for the errors of those who come from one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

OF_ROUTE: Final = {
    "defaults": "defaults of the function's parameters",
    "endpoint": "name=...",
    "generate_unique_id_function": "OpenAPI(operation_id=...)",
    "openapi_extra": "YAML after `---` in the docstring",
    "response_class": "the class as what the function returns, as in `-> HTMLResponse`, and return one",
    "response_description": "responses={200: ...}",
    "response_model": "what the function returns as its annotation, as in `-> Star`",
    "response_model_exclude_defaults": "a struct with omit_defaults as what the function returns",
    "response_model_exclude_none": "a struct with omit_defaults as what the function returns",
    "response_model_exclude_unset": "a struct with omit_defaults as what the function returns",
    "strict_slashes": "Router(redirect_slashes=...)",
}
OF_ROUTER: Final = {
    "on_shutdown": "lifespan=...",
    "on_startup": "lifespan=...",
    "prefix": "app.include(router, prefix), or app.group(prefix)",
    "responses": "responses=... of each route",
    "tags": "app.include(router, prefix, tags=[...])",
    "url_prefix": "app.include(router, prefix), or app.group(prefix)",
}


def meant_argument(name: str, known: Iterable[str], others: dict[str, str]) -> str:
    """Return the name of an argument that there is not, and the one that is meant if that can be guessed.

    >>> meant_argument("metods", ("path", "methods"), {})
    "'metods'; did you mean 'methods'?"
    >>> meant_argument("prefix", (), OF_ROUTER)
    "'prefix': write app.include(router, prefix), or app.group(prefix)"
    """
    if name in others:
        return f"{name!r}: write {others[name]}"
    close = get_close_matches(name, [*known], 1)
    return f"{name!r}; did you mean {close[0]!r}?" if close else repr(name)


def check_router_arguments(cls: type[Any], given: Iterable[str]) -> None:
    """Raise TypeError for a keyword argument that a router does not take; it names the one that is meant."""
    from inspect import signature

    init: Any = cls.__init__
    known = signature(init).parameters
    for name in given:
        if name not in known:
            meant = meant_argument(name, known, OF_ROUTER)
            raise TypeError(f"{cls.__name__} got an unexpected keyword argument {meant}")

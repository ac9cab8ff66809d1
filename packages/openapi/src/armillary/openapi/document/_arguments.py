"""The arguments of a document: what is not of the form that the document needs is an error where it is written."""

from __future__ import annotations

# What is looked at here may be anything.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
from collections.abc import Iterable, Mapping
from typing import Any, Final

_WRITE: Final = {
    "contact": "contact={'name': 'Ada', 'email': 'ada@example.com'}",
    "license": "license={'name': 'MIT', 'identifier': 'MIT'}",
    "external_docs": "external_docs={'url': 'https://example.com/docs'}",
    "security_schemes": "security_schemes={'bearer': {'type': 'http', 'scheme': 'bearer'}}",
    "components": "components={'responses': {...}}",
    "types": "types={Angle: {'type': 'number'}}",
    "tags": "tags=[{'name': 'stars', 'description': 'What shines.'}]",
    "servers": "servers=['https://example.com']",
    "security": "security=['bearer']",
    "webhooks": "webhooks=[Route('/paid', paid, methods=['POST'])]",
}


def check_mappings(**arguments: Any) -> None:
    """Raise a TypeError for an argument that is neither a mapping nor None; of schemes and components each is one."""
    for name, value in arguments.items():
        nested = name in ("components", "security_schemes")
        if value is None or (isinstance(value, Mapping) and not (nested and _first_other(value.values()))):
            continue
        raise _error(name, value)


def check_lists(*, tags: Any = (), **arguments: Any) -> None:
    """Raise a TypeError for an argument that is no list of what a document has there."""
    for name, value in {"tags": tags, **arguments}.items():
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise _error(name, value)
    if other := _first_other(tags):
        raise _error("tags", *other)


def checked_webhooks(webhooks: Any) -> list[Any]:
    """Return a list of routes; a TypeError for anything that is none."""
    check_lists(webhooks=webhooks)
    routes = [*webhooks]
    for route in routes:
        if not hasattr(route, "path"):
            raise _error("webhooks", route)
    return routes


def _first_other(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return the first value that is no mapping; empty if each is one."""
    return next(((value,) for value in values if not isinstance(value, Mapping)), ())


def _error(name: str, value: object) -> TypeError:
    return TypeError(f"{name}: got {value!r:.80}; write {_WRITE[name]}")

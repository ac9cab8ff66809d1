"""What a template's match of a path means for the scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from armillary.asgi_types import RECORD_KEY, Scope, scope_record

from ._convertors import Convertor, TextConvertor
from ._route_path import ENCODED_SLASH, MOUNT_KEY, current_mount, decoded

Conversions = tuple[tuple[str, Callable[[str], Any]], ...]


def conversions(convertors: Mapping[str, Convertor[Any]]) -> Conversions:
    """Return the parameters whose value is not their text, and how it is made."""
    return tuple(
        (name, convertor.convert)
        for name, convertor in convertors.items()
        if type(convertor).convert is not TextConvertor.convert
    )


def converted(found: re.Match[str], path: str, steps: Conversions) -> dict[str, Any] | None:
    """Return the parameters of a regex match of `path`; None if one is no value.

    A convertor's `ValueError` is no match: the text has the shape of a value and is none.
    """
    params: dict[str, Any] = found.groupdict()
    if ENCODED_SLASH in path:
        params = {name: decoded(text) for name, text in params.items()}
    if steps:
        try:
            for name, convert in steps:
                params[name] = convert(params[name])
        except ValueError:
            return None
    return params


def merged_params(scope: Scope, params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the mounts above with those of this match."""
    outer = scope.get("path_params")
    return {**outer, **params} if outer else params


def record_template(scope: Scope, template: str) -> None:
    """Record the whole template of a route that was found below a mount, or if the scope has a record."""
    if MOUNT_KEY in scope:
        point = current_mount(scope)
        if point is not None:
            scope_record(scope)["route_path"] = point.template + template
            return
    record = scope.get(RECORD_KEY)
    if record is not None:
        record["route_path"] = template


def record_match(route: Any, scope: Scope, params: dict[str, Any]) -> None:
    """Write the match of a route without children into the scope."""
    outer = scope.get("path_params")
    scope["path_params"] = {**outer, **params} if outer else params
    if outer is not None:
        record_template(scope, route.path)
    scope["endpoint"] = route.endpoint
    scope["route"] = route

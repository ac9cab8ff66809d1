"""URL reversing: from a name and parameters to the path that matches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from armillary.datastructures import URLPath

from ._base_route import BaseRoute
from ._convertors import Convertor
from ._match import NoMatchFound, PathParameterError
from ._path_shape import stays_within_segment
from ._path_template import PARAM_FORMAT_REGEX, replace_params
from ._path_text import ENCODED_SLASH, encode_path, stay_on_host

Named: TypeAlias = dict[str, list[frozenset[str]]]
_LONGEST_PREFIX = 200


def filled(
    form: str,
    convertors: Mapping[str, Convertor[Any]],
    params: dict[str, Any],
    *,
    encode: bool = True,
    segments: bool = False,
) -> str:
    """Return a format with its parameters, taking them out of `params`.

    Args:
        form: a path format, such as "/users/{id}"; placeholders without a value remain.
        convertors: the convertors by parameter name.
        params: the values; those used are removed.
        encode: percent-encode literals and values (RFC 3986 section 3.3), and reject values that make a segment "."
            or "..".
        segments: for a router that matches undecoded paths: "/" inside a value is `%2F`.
    """
    if not encode:
        return stay_on_host(replace_params(form, convertors, params)[0])
    texts: dict[str, str] = {}
    for name, convertor in convertors.items():
        if name in params:
            value = params.pop(name)
            text = convertor.to_segment(value) if segments else convertor.to_string(value)
            if segments and stays_within_segment(convertor.regex):
                text = text.replace("/", ENCODED_SLASH)
            texts[name] = encode_path(text)
    literals = PARAM_FORMAT_REGEX.split(form)
    parts = [
        encode_path(part) if place % 2 == 0 else texts.get(part, f"{{{part}}}") for place, part in enumerate(literals)
    ]
    path = stay_on_host("".join(parts))
    if texts and not {".", ".."}.isdisjoint(path.split("/")):
        # Neither is there a way to write them: "%2E%2E" counts as ".." too (WHATWG URL section 4.4).
        raise PathParameterError(
            f'{path!r} would lead elsewhere: clients take the segments "." and ".." out of a path '
            "(RFC 3986 section 5.2.4)"
        )
    return path


def child_routes(app: Any) -> Sequence[BaseRoute]:
    """Return the routes of an application that has any."""
    return getattr(app, "routes", None) or []


def name_below(own_name: str, name: str) -> str | None:
    """Return what remains of a name below a mount, None if the name is not below it.

    A mount without a name is transparent.
    """
    if not own_name:
        return name
    prefix = own_name + ":"
    return name[len(prefix) :] if name.startswith(prefix) else None


def named_parameters(routes: Sequence[BaseRoute], prefix: str = "", above: frozenset[str] = frozenset()) -> Named:
    """Return the names of routes, with those of their mounts, and the parameters that each takes."""
    found: Named = {}
    for route in routes:
        own = getattr(route, "name", None) or ""
        params = above | frozenset(getattr(route, "param_convertors", ()))
        below = getattr(route, "routes", None)
        if not below:  # nor are there any below a mount of files
            found.setdefault(prefix + own, []).append(params)
        elif len(prefix) < _LONGEST_PREFIX:  # an application may be mounted in itself
            found |= named_parameters(below, f"{prefix}{own}:" if own else prefix, params - {"path"})
    return found


def reverse_hint(routes: Sequence[BaseRoute], name: str, params: Mapping[str, Any]) -> str:
    """Return what is wrong with a name and parameters that lead to no route: "" if nothing is known."""
    from difflib import get_close_matches

    named = named_parameters(routes)
    if name in named:
        taken = " or ".join(", ".join(sorted(needed)) or "no parameter" for needed in named[name])
        return f"That route takes {taken}.{_query_hint(named[name], params)}"
    if name.startswith("/"):
        return f"It takes the name of a route; {name!r} is a path, which needs no look-up."
    if set(params) == {"path"}:
        return f"Files are found by the name of their mount: Mount(path, StaticFiles(...), name={name!r})."
    near = get_close_matches(name, [known for known in named if known], 1)
    return f'Did you mean "{near[0]}"?' if near else ""


def _query_hint(named: Sequence[frozenset[str]], params: Mapping[str, Any]) -> str:
    """Return how a parameter that no path has becomes a query; "" if there is none, or if a path lacks one."""
    others = [param for param in params if not any(param in needed for needed in named)]
    if not others or any(not needed <= params.keys() for needed in named):
        return ""
    return f" For a query write .include_query_params({others[0]}=...) behind request.url_for(...)."


def reverse_child(app: Any, name: str, params: dict[str, Any]) -> URLPath:
    """Return the path of a named route below `app`; `NoMatchFound` if there is none."""
    router = getattr(app, "router", app)
    finder = getattr(router, "find_url_path", None)
    if finder is not None:
        path: URLPath = finder(name, params)
        return path
    for route in child_routes(app):
        try:
            found: Any = route.url_path_for(name, **params)
            return URLPath(found, protocol=getattr(found, "protocol", ""), host=getattr(found, "host", ""))
        except Exception as exc:
            # Other frameworks have an exception of their own by that name.
            if not isinstance(exc, NoMatchFound) and type(exc).__name__ != NoMatchFound.__name__:
                raise
    raise NoMatchFound(name, params)

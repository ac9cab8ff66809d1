"""The functions every template can call."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from armillary.asgi_types import find_scope_record
from armillary.datastructures import HTTPConnection


class StaticVersions(Protocol):
    """Provides the version of a static file, as `armillary.staticfiles.StaticFiles` does."""

    def version(self, path: str) -> str | None:
        """Return a text that changes with the content of a file, None if there is no such file."""
        ...


def request_of(context: Context) -> HTTPConnection[Any]:
    """Return the request a template is rendered for.

    Raises:
        RuntimeError: it is rendered without one, or its macro was imported without the context.
    """
    request: HTTPConnection[Any] | None = context.get("request")
    if isinstance(request, HTTPConnection):
        return request
    problem = "the template was rendered without a request; render it with TemplateResponse(request, ...)"
    if context.exported_vars:  # It has macros: `import` gives them the request only if it is written so.
        names = ", ".join(sorted(context.exported_vars))
        problem = (
            f"there is no request here. If a macro of {context.name!r} needs it, import it with the context: "
            f'{{% from "{context.name}" import {names} with context %}}. Otherwise {problem}'
        )
    raise RuntimeError(problem)


class Called:
    """A function of templates that takes no argument; written without `()` it is an error and not its `repr`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)  # type: ignore[attr-defined]

    def __html__(self) -> str:
        name: str = self.__name__  # type: ignore[attr-defined]
        raise TypeError(f"{name} is a function: write {{{{ {name}() }}}}")

    __str__ = __html__


@pass_context
def url_for(context: Context, name: str, /, **path_params: Any) -> Any:
    """Return the absolute URL of a route."""
    return request_of(context).url_for(name, **path_params)


def _recorded(context: Context, key: str) -> str:
    record = find_scope_record(request_of(context).scope)
    value: str = "" if record is None else record.get(key, "")  # type: ignore[assignment]
    return value


@pass_context
def csp_nonce(context: Context) -> str:
    """Return the nonce of the page's Content-Security-Policy, "" if there is none."""
    return _recorded(context, "csp_nonce")


@pass_context
def csrf_token(context: Context) -> str:
    """Return the token a form of the page must send back, "" if none is required."""
    return _recorded(context, "csrf_token")


@pass_context
def csrf_field(context: Context, name: str | None = None) -> Markup:
    """Return the hidden field of a form that sends the token back, nothing if none is required.

    Args:
        name: of the field; by default the one that the middleware looks for.
    """
    token = _recorded(context, "csrf_token")
    name = name or _recorded(context, "csrf_field") or "csrf_token"
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, token) if token else Markup()


def make_static_url(static: StaticVersions | None, route: str) -> Any:
    """Return the function a template calls for the URL of a static file.

    Args:
        static: provides the versions of the files; without it URLs have none.
        route: the name of the mount the files are served under.
    """

    @pass_context
    def static_url(context: Context, path: str) -> str:
        """Return the URL of a static file, with its version; it may be cached for ever."""
        url = request_of(context).url_for(route, path=path)
        version = None if static is None else static.version(path.lstrip("/"))
        return str(url.include_query_params(v=version) if version else url)

    return static_url

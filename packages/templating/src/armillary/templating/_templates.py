"""Jinja templates rendered for requests."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, ClassVar, TypeAlias

from jinja2 import Environment, Template

from armillary.asgi_types import is_async_callable
from armillary.http import Background, Request, Response

from ._page_globals import Called, StaticVersions, csp_nonce, csrf_field, csrf_token, make_static_url, url_for
from ._source_loader import SourceLoader
from ._template_response import AsyncTemplateResponse, StreamingTemplateResponse, TemplateResponse

Directory: TypeAlias = str | os.PathLike[str]

ContextProcessor: TypeAlias = Callable[[Request], Mapping[str, Any]]
"""Gives variables to every template rendered for a request."""


def escape_all_but(patterns: Sequence[str]) -> Callable[[str | None], bool]:
    """Return Jinja's autoescape function: every template is escaped but those named.

    >>> escape = escape_all_but(["mail/*.txt"])
    >>> escape("page.html.j2"), escape("mail/welcome.txt"), escape(None)
    (True, False, True)
    """
    return lambda name: name is None or not any(fnmatchcase(name, pattern) for pattern in patterns)


class Jinja2Templates:
    """Templates of one or more directories, or of your own environment.

    Templates can call `url_for(name, **path_params)`, `static_url(path)`, `csp_nonce()`,
    `csrf_token()` and `csrf_field()`.

    Args:
        directory: where the templates are, or several places searched in order. Their files are read at once.
        context_processors: functions of a request that return variables for every template;
            what an endpoint passes wins over them.
        env: an environment to use unchanged, in place of `directory`; its loader reads a template where it is
            first used.
        enable_async: let templates await; they are then rendered while the response is sent.
        unescaped: patterns of template names, such as "mail/*.txt", whose variables are not
            escaped. Those of all others are, whatever their extension.
        auto_reload: look at the file of a template each time it is used, and read it again when it has
            changed. Without it each is read once.
        static: provides the version of a static file, such as the `StaticFiles` that serves it.
        static_route: the name of the mount it is served under.

    Raises:
        ValueError: both `directory` and `env` are given, or neither; none of the directories exists.
        TypeError: another argument is invalid; the message names it.

    >>> from jinja2 import DictLoader
    >>> templates = Jinja2Templates(env=Environment(loader=DictLoader({"hello": "Hello {{ name }}"})))
    >>> templates.get_template("hello").render(name="Vega")
    'Hello Vega'
    """

    response_class: ClassVar[type[TemplateResponse]] = TemplateResponse
    async_response_class: ClassVar[type[AsyncTemplateResponse]] = AsyncTemplateResponse
    streaming_response_class: ClassVar[type[StreamingTemplateResponse]] = StreamingTemplateResponse

    def __init__(
        self,
        directory: Directory | Sequence[Directory] | None = None,
        *,
        context_processors: Sequence[ContextProcessor] | None = None,
        env: Environment | None = None,
        enable_async: bool = False,
        unescaped: Sequence[str] = (),
        auto_reload: bool = True,
        static: StaticVersions | None = None,
        static_route: str = "static",
    ) -> None:
        if isinstance(unescaped, str):
            raise TypeError(f"unescaped takes a list of patterns, got the string {unescaped!r}")
        if static is not None and not callable(getattr(static, "version", None)):
            raise TypeError(f"static={static!r} must have a method version(path), as StaticFiles has")
        if (directory is None) == (env is None):
            raise self.misconfigured()
        self.context_processors: list[ContextProcessor] = list(context_processors or ())
        for processor in self.context_processors:
            if is_async_callable(processor):
                raise TypeError(f"context_processors holds {processor!r}, which is async; it must be a plain function")
        if env is None:
            assert directory is not None
            env = self.create_environment(directory, enable_async, unescaped)
            env.auto_reload = auto_reload
        elif enable_async or unescaped or not auto_reload:
            raise ValueError("enable_async, unescaped and auto_reload are for directory=; set them on the environment")
        self.env = env
        self.add_globals(static, static_route)

    def misconfigured(self) -> Exception:
        """Return the error for having both a directory and an environment, or neither."""
        return ValueError("Jinja2Templates takes either directory= or env=")

    def create_environment(
        self, directory: Directory | Sequence[Directory], enable_async: bool, unescaped: Sequence[str]
    ) -> Environment:
        """Return the environment for templates of a directory."""
        self.check_directory(directory)
        loader = SourceLoader(directory)
        env = Environment(loader=loader, autoescape=self.make_autoescape(unescaped), enable_async=enable_async)
        loader.read_all(env)
        return env

    def check_directory(self, directory: Directory | Sequence[Directory]) -> None:
        """Raise ValueError if none of the directories exists; override to take any."""
        places = [directory] if isinstance(directory, str | os.PathLike) else [*directory]
        if not any(os.path.isdir(place) for place in places):
            shown = ", ".join(repr(os.path.abspath(place)) for place in places)
            raise ValueError(
                f"directory: there is no folder {shown}; make it, or write Path(__file__).parent / "
                f"{os.path.basename(os.fspath(places[0])) if places else 'templates'!r} to start from your file"
            )

    def make_autoescape(self, unescaped: Sequence[str]) -> Callable[[str | None], bool]:
        """Return a function that returns, by name, whether a template is escaped."""
        return escape_all_but(unescaped)

    def add_globals(self, static: StaticVersions | None, static_route: str) -> None:
        """Add this package's functions to the environment, keeping globals it already has."""
        given: dict[str, Any] = {
            function.__name__: Called(function) for function in (csp_nonce, csrf_field, csrf_token)
        }
        given |= {"static_url": make_static_url(static, static_route), "url_for": url_for}
        present: dict[str, Any] = self.env.globals
        for name, function in given.items():
            present.setdefault(name, function)

    def get_template(self, name: str) -> Template:
        """Return a template. With `auto_reload` its file is looked at, and read if it has changed.

        Raises:
            jinja2.TemplateNotFound: there is none of this name.
            jinja2.TemplateSyntaxError: it cannot be read.
        """
        return self.env.get_template(name)

    def make_context(self, request: Request, context: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what a template is given: the request, what the processors return, then `context`."""
        variables: dict[str, Any] = {"request": request}
        for processor in self.context_processors:
            variables.update(processor(request))
        if context is not None and not hasattr(context, "keys"):
            raise TypeError(f"context is a dict of what the template shows, got {context!r}; write {{'name': ...}}")
        variables.update(context or {})
        return variables

    def TemplateResponse(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        *,
        block: str | None = None,
    ) -> Response:
        """Return the response of a rendered template.

        Args:
            request: the request; the template sees it as `request`.
            name: of the template.
            context: variables for the template.
            status_code: the status.
            headers: further headers.
            media_type: the `content-type`, by default text/html.
            background: awaited after the response was sent.
            block: render this block alone, as for a page that replaces a part of itself.

        Raises:
            jinja2.TemplateError: the template is missing or fails.
            TypeError: the name comes first, as it did in Starlette until 0.29.
            ValueError: it has no such block.
        """
        if isinstance(request, str):
            raise TypeError(
                f"TemplateResponse takes the request first, got the name {request!r}; "
                f"write TemplateResponse(request, {request!r}, {{...}})"
            )
        make = self.async_response_class if self.env.is_async else self.response_class
        variables = self.make_context(request, context)
        return make(self.get_template(name), variables, status_code, headers, media_type, background, block=block)

    def StreamingTemplateResponse(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> Response:
        """Return a response that is sent while its template is rendered; for large pages.

        Arguments are those of `TemplateResponse`.
        """
        make = self.streaming_response_class
        variables = self.make_context(request, context)
        return make(self.get_template(name), variables, status_code, headers, media_type, background)

"""`starlette.templating`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from armillary import templating

from .responses import HTMLResponse

__all__ = ["Jinja2Templates"]


class _TemplateResponse(templating.TemplateResponse, HTMLResponse):
    """A page made of a template."""


class Jinja2Templates(templating.Jinja2Templates):
    """Templates of one or more directories, or of your own environment.

    Unlike the native one it escapes only names that end in .html, .htm and .xml, and lets context
    processors win over what an endpoint passes, in the dict it passes.
    """

    response_class = _TemplateResponse

    def misconfigured(self) -> Exception:
        """Return the error for having both a directory and an environment, or neither."""
        return AssertionError("either 'directory' or 'env' arguments must be passed")

    def check_directory(self, directory: Any) -> None:
        """Take any: a folder that is missing is an error when a template is asked for."""

    def make_autoescape(self, unescaped: Sequence[str]) -> Callable[[str | None], bool]:
        """Return a function that returns, by name, whether a template is escaped."""
        return lambda name: name is None or name.lower().endswith((".html", ".htm", ".xml"))

    def make_context(self, request: Any, context: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what a template is given: `context`, the request, then what the processors return."""
        variables = context if isinstance(context, dict) else dict(context or {})
        variables.setdefault("request", request)
        for processor in self.context_processors:
            variables.update(processor(request))
        return variables

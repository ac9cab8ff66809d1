"""`starlette.templating`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from asterism import templating
from asterism.http import Request
from asterism.templating import ContextProcessor, Directory

from .responses import HTMLResponse

__all__ = ["Jinja2Templates"]


class _TemplateResponse(templating.TemplateResponse, HTMLResponse):
    """A page made of a template."""


class Jinja2Templates(templating.Jinja2Templates):
    """Templates of one or more directories, or of an environment of your own.

    Unlike the native one it escapes only names that end in .html, .htm and .xml, and lets context
    processors win over what an endpoint passes, in the very dict it passes.
    """

    response_class = _TemplateResponse

    def __init__(
        self,
        directory: Directory | Sequence[Directory] | None = None,
        *,
        context_processors: Sequence[ContextProcessor] | None = None,
        env: Environment | None = None,
    ) -> None:
        super().__init__(directory, context_processors=context_processors, env=env)

    def misconfigured(self) -> Exception:
        """Return the error for having both a directory and an environment, or neither."""
        return AssertionError("either 'directory' or 'env' arguments must be passed")

    def create_environment(
        self, directory: Directory | Sequence[Directory], enable_async: bool, unescaped: Sequence[str]
    ) -> Environment:
        """Return the environment for templates of a directory."""
        return Environment(loader=FileSystemLoader(directory), autoescape=select_autoescape())

    def make_context(self, request: Request, context: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what a template is given: `context`, the request, then what the processors return."""
        variables = context if isinstance(context, dict) else dict(context or {})
        variables.setdefault("request", request)
        for processor in self.context_processors:
            variables.update(processor(request))
        return variables

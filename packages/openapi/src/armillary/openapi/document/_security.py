"""The security schemes of a document, and what operations require of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

SecurityRequirement = str | Mapping[str, Sequence[str]]
Schemes = dict[str, dict[str, Any]]


def security_requirements(given: Sequence[SecurityRequirement]) -> list[dict[str, list[str]]]:
    """Return Security Requirement Objects; the name of a scheme stands for it without scopes."""
    return [
        {requirement: []} if isinstance(requirement, str) else {name: [*scopes] for name, scopes in requirement.items()}
        for requirement in given
    ]


def schemes_of(given: Mapping[str, Mapping[str, Any]] | None, app: Any) -> Schemes:
    """Return Security Scheme Objects by name: those given, or else those of the application's middleware.

    Args:
        given: what was written for the document; None if nothing was.
        app: the application, whose middleware is looked at for backends of authentication, which have
            `security_schemes`.
    """
    found = given if given is not None else dict(_of_middleware(app))
    return {name: dict(scheme) for name, scheme in found.items()}


def _of_middleware(app: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for middleware in getattr(app, "user_middleware", ()):
        for argument in (*middleware.args, *middleware.kwargs.values()):
            for backend in cast("Sequence[Any]", argument) if isinstance(argument, list | tuple) else (argument,):
                schemes: Mapping[str, Mapping[str, Any]] = getattr(backend, "security_schemes", None) or {}
                yield from schemes.items()


def as_asyncapi(scheme: dict[str, Any]) -> dict[str, Any]:
    """Return a Security Scheme Object of OpenAPI as AsyncAPI has it.

    >>> as_asyncapi({"type": "apiKey", "in": "header", "name": "X-Key"})
    {'type': 'httpApiKey', 'in': 'header', 'name': 'X-Key'}
    """
    if scheme.get("type") == "apiKey":
        return {**scheme, "type": "httpApiKey"}
    if scheme.get("type") != "oauth2":
        return scheme
    flows: dict[str, dict[str, Any]] = scheme["flows"]
    renamed = {
        name: {"availableScopes" if key == "scopes" else key: value for key, value in flow.items()}
        for name, flow in flows.items()
    }
    return {**scheme, "flows": renamed}

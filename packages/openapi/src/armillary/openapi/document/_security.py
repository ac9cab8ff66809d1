"""The security schemes of a document, and what operations require of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._endpoints import Schemes, schemes_around

SecurityRequirement = str | Mapping[str, Sequence[str]]


def security_requirements(given: Sequence[SecurityRequirement]) -> list[dict[str, list[str]]]:
    """Return Security Requirement Objects; the name of a scheme stands for it without scopes."""
    return [
        {requirement: []} if isinstance(requirement, str) else {name: [*scopes] for name, scopes in requirement.items()}
        for requirement in given
    ]


class SecuritySchemes:
    """The security schemes of one document, by name.

    Args:
        given: what was written for the document; None if nothing was.
        app: the application, whose backends of authentication have schemes if nothing was given.
        convert: makes the objects of the document from those of OpenAPI.
    """

    def __init__(
        self,
        given: Mapping[str, Mapping[str, Any]] | None,
        app: Any,
        convert: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> None:
        self._is_given = given is not None
        self._convert = convert
        if given is not None:
            self.objects: Schemes = {name: dict(scheme) for name, scheme in given.items()}
        else:
            self.objects = {name: convert(scheme) for name, scheme in (schemes_around(app) or {}).items()}
        self._of_whole = [*self.objects]

    def names_for(self, own: Schemes | None) -> list[str]:
        """Return the names of the schemes of a route, any one of which is enough.

        Args:
            own: those of backends next to it, if it has its own. They are added to the document's, and get another
                name if theirs is taken by a different scheme. Of schemes that were given, those of the same names are
                taken, or all if there are none.
        """
        if own is None:
            return self._of_whole
        if self._is_given:
            return [name for name in own if name in self.objects] or self._of_whole
        return [self._added(name, self._convert(scheme)) for name, scheme in own.items()]

    def _added(self, base: str, scheme: dict[str, Any]) -> str:
        name, number = base, 2
        while self.objects.setdefault(name, scheme) != scheme:
            name, number = f"{base}_{number}", number + 1
        return name


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

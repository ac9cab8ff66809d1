"""One operation of the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._endpoints import Schemes
from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._described_route import DescribedRoute
from ._merging import merged
from ._operation_ids import OperationIds, default_operation_id
from ._parameters import parameters_of
from ._request_body import request_body_of
from ._responses import responses_of
from ._security import SecurityRequirement, SecuritySchemes, security_requirements
from ._typed_parts import with_schemas


class OperationBuilder:
    """Makes the operations of one document.

    Args:
        types: makes the schemas.
        operation_id: the rule for operation ids that routes do not name.
        security: what every operation requires that says nothing else.
        schemes: the security schemes.
        items: whether the document's version has `itemSchema`.
    """

    def __init__(
        self,
        types: TypeSchemas,
        operation_id: Callable[[DescribedRoute], str] | None,
        security: Sequence[SecurityRequirement],
        schemes: SecuritySchemes,
        items: bool,
    ) -> None:
        self.types = types
        self.ids = OperationIds()
        self.operation_id = operation_id or default_operation_id
        self.security = security_requirements(security)
        self.schemes = schemes
        self.items = items

    def build(self, route: DescribedRoute) -> Schema:
        """Return the Operation Object of a route.

        Raises:
            TypeError: a type has no schema; the message names the operation.
            DocstringError: the YAML of the docstring is malformed.
        """
        written = route.docstring()
        try:
            operation = merged(self._found(route, written), written)
        except TypeError as exc:
            raise TypeError(f"{route.label}: {exc}") from exc
        operation["responses"] = dict(sorted(operation["responses"].items()))
        explicit = route.options.get("operation_id") or written.get("operationId")
        name = str(explicit or self.operation_id(route))
        operation["operationId"] = self.ids.take(name, route.label, explicit=bool(explicit))
        return operation

    def _found(self, route: DescribedRoute, written: Mapping[str, Any]) -> Schema:
        options = route.options
        operation: Schema = {}
        if options.get("tags"):
            operation["tags"] = [str(tag) for tag in options["tags"]]
        operation |= route.texts()
        operation |= {key: str(options[key]) for key in ("summary", "description") if options.get(key)}
        if options.get("external_docs"):
            operation["externalDocs"] = dict(options["external_docs"])
        operation["operationId"] = ""
        if parameters := parameters_of(route, self.types):
            operation["parameters"] = parameters
        body = getattr(route.signature, "body", None)
        if body is not None:
            operation["requestBody"] = request_body_of(body, self.types)
        given = options.get("security")
        required = written.get("security", given)
        if required is None and (route.required_scopes or route.requires_user):
            required = given = self.with_scopes(route.required_scopes, route.schemes) or None
        security = self.security if required is None else security_requirements(required)
        operation["responses"] = responses_of(
            route,
            self.types,
            secured=bool(security) and {} not in security,
            scoped=any(scopes for requirement in security for scopes in requirement.values())
            or bool(route.required_scopes),
            items=self.items,
            # A function of a request says nothing of its result, so what is written is all there is.
            with_result=route.signature is not None or "responses" not in written,
        )
        if given is not None:
            operation["security"] = security
        if options.get("callbacks"):
            operation["callbacks"] = with_schemas(options["callbacks"], self.types, "input")
        if options.get("deprecated"):
            operation["deprecated"] = True
        if options.get("servers"):
            operation["servers"] = [server_object(server) for server in options["servers"]]
        return operation

    def with_scopes(self, scopes: Sequence[str], own: Schemes | None) -> list[dict[str, list[str]]]:
        """Return what an operation requires whose dependencies or decorators require scopes.

        It is what every operation requires, or any one of the schemes if they require nothing or the route has its own
        schemes, with these scopes. The scope "authenticated" is no client's to ask for: it says that there is a user.
        """
        asked = [scope for scope in scopes if scope != "authenticated"]
        known = [item for item in self.security if item] if own is None else []
        known = known or [{name: []} for name in self.schemes.names_for(own)]
        return [{name: [*own, *asked] for name, own in requirement.items()} for requirement in known]


def server_object(server: str | Mapping[str, Any]) -> Schema:
    """Return a Server Object; a text is its URL."""
    return {"url": server} if isinstance(server, str) else dict(server)

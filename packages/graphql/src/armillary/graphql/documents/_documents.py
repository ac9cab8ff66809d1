"""Documents, parsed, measured and validated once and cached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
)

from ..limits._costs import FieldCosts
from ..limits._limits import GraphQLLimits
from ..limits._measure import Measure, Measuring
from ..limits._validation import Validation
from ._prepared_document import PreparedDocument

MAX_CACHED_SIZE = 10_000
"""Characters of the longest document that is cached."""

_TOO_DEEP = "The document is nested too deep to be validated."


class Documents:
    """The documents of one schema.

    Args:
        schema: the schema they are validated against.
        limits: the limits that apply to them.
        costs: the costs of their fields.
    """

    def __init__(self, schema: GraphQLSchema, limits: GraphQLLimits, costs: FieldCosts) -> None:
        self._schema = schema
        self._limits = limits
        self._costs = costs
        self._validation = Validation(schema, limits)
        self._cached: dict[str, PreparedDocument] = {}
        self._last: tuple[str, PreparedDocument] | None = None

    def prepare(self, query: str) -> PreparedDocument:
        """Return the document of this text; the work is done once for a text that is sent again."""
        cached = self._cached
        prepared = cached.pop(query, None)
        if prepared is None:
            # A transport prepares a document, and Strawberry asks for it again right after.
            if self._last is not None and self._last[0] is query:
                return self._last[1]
            prepared = self._prepare(query)
            self._last = (query, prepared)
            if len(query) > MAX_CACHED_SIZE or not self._limits.max_cached_documents:
                return prepared
            if len(cached) >= self._limits.max_cached_documents:
                del cached[next(iter(cached))]
        # The dict is ordered by use: the least recently used comes first.
        cached[query] = prepared
        return prepared

    def check(
        self, node: DocumentNode, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> list[GraphQLError]:
        """Return the errors of a document that was not prepared here: limits it exceeds, or else of validation."""
        try:
            return self.measure(node, variables, operation_name) or self._validation.errors(node)
        except RecursionError:
            return [GraphQLError(_TOO_DEEP)]

    def measure(
        self, node: DocumentNode, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> list[GraphQLError]:
        """Return the errors for the limits that an operation exceeds with these variables."""
        measuring = Measuring(self._schema, node, self._costs, variables or {})
        operations = [part for part in node.definitions if _is_operation(part)]
        if operation_name is not None:
            operations = [part for part in operations if part.name is not None and part.name.value == operation_name]
        return self._over_limits(measuring, operations)

    def _prepare(self, query: str) -> PreparedDocument:
        try:
            self._check_size(query)
            node = parse(query, max_tokens=self._limits.max_tokens)
        except GraphQLError as error:
            return PreparedDocument(None, error, [])
        except RecursionError:
            return PreparedDocument(None, GraphQLError("The document is nested too deep to be parsed."), [])
        prepared = PreparedDocument(node, None, [])
        measuring = Measuring(self._schema, node, self._costs)
        try:
            prepared.errors = self._over_limits(measuring, prepared.operations.values())
            prepared.variable_costs = measuring.needs_variables and self._limits.max_complexity is not None
            if not prepared.errors:
                prepared.errors = self._validation.errors(node)
        except RecursionError:
            prepared.errors = [GraphQLError(_TOO_DEEP)]
        return prepared

    def _check_size(self, query: str) -> None:
        limit = self._limits.max_query_size
        if limit is not None and len(query) > limit:
            raise GraphQLError(f"The document has {len(query)} characters; at most {limit} are allowed.")

    def _over_limits(self, measuring: Measuring, operations: Iterable[OperationDefinitionNode]) -> list[GraphQLError]:
        errors: list[GraphQLError] = []
        for node in operations:
            errors += (GraphQLError(message, node) for message in self._excesses(measuring.operation(node)))
        return errors

    def _excesses(self, measure: Measure) -> list[str]:
        limits = self._limits
        excesses: list[str] = []
        if limits.max_depth is not None and measure.depth > limits.max_depth:
            excesses.append(f"The operation is {measure.depth} levels deep; at most {limits.max_depth} are allowed.")
        if limits.max_aliases is not None and measure.aliases > limits.max_aliases:
            found = _count(measure.aliases)
            excesses.append(f"The operation has {found} aliases; at most {limits.max_aliases} are allowed.")
        if limits.max_complexity is not None and measure.complexity > limits.max_complexity:
            found = _count(measure.complexity)
            excesses.append(f"The operation has a complexity of {found}; at most {limits.max_complexity} is allowed.")
        if limits.max_repeats is not None and measure.repeats > limits.max_repeats:
            found = f"{measure.repeated!r} {_count(measure.repeats)} times in one place"
            excesses.append(f"The operation selects {found}; at most {limits.max_repeats} are allowed.")
        return excesses


def _is_operation(node: DefinitionNode) -> TypeGuard[OperationDefinitionNode]:
    return isinstance(node, OperationDefinitionNode)


def _count(number: int) -> str:
    """Format a number that may be exponential in the length of the document."""
    return str(number) if number < 10**12 else "more than a million million"

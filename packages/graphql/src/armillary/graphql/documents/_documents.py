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
    specified_rules,
)
from graphql.validation import recommended_rules
from strawberry.schema.schema import validate_document

from ..limits._costs import FieldCosts
from ..limits._limits import GraphQLLimits
from ..limits._measure import Measure, Measuring

MAX_CACHED_SIZE = 10_000
"""Characters of the longest document that is cached."""

DEFAULT_RULES = tuple(specified_rules)
"""The rules Strawberry validates by unless an extension of the schema changes them."""

_VALIDATION_RULES = (*DEFAULT_RULES, *(rule for rule in recommended_rules if rule not in DEFAULT_RULES))


class PreparedDocument:
    """One document, with all that is known without its variables.

    Attributes:
        node: the parsed document; None if there is a `syntax_error`.
        syntax_error: why it could not be parsed.
        errors: the limits it exceeds, or else its validation errors.
        operations: its operations by name, None for the one without.
    """

    __slots__ = ("errors", "node", "operations", "syntax_error", "variable_costs")

    def __init__(
        self, node: DocumentNode | None, syntax_error: GraphQLError | None, errors: list[GraphQLError]
    ) -> None:
        self.node = node
        self.syntax_error = syntax_error
        self.errors = errors
        self.variable_costs = False
        self.operations: dict[str | None, OperationDefinitionNode] = {}
        for definition in () if node is None else node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = None if definition.name is None else definition.name.value
                self.operations.setdefault(name, definition)

    @property
    def is_valid(self) -> bool:
        """Whether it can be run, as far as is known without variables."""
        return self.syntax_error is None and not self.errors

    def select(self, name: str | None) -> OperationDefinitionNode | GraphQLError:
        """Return the operation to run (GraphQL specification, section 6.1, GetOperation), or why there is none.

        The error is returned, not raised: a cached exception raised repeatedly would grow.
        """
        if self.syntax_error is not None:
            return self.syntax_error
        if name is not None:
            return self.operations.get(name) or GraphQLError(f'Unknown operation named "{name}".')
        if not self.operations:
            return GraphQLError("The document holds no operation, only definitions; add a query or a mutation.")
        if len(self.operations) > 1:
            return GraphQLError("The document holds several operations; name the one to run in `operationName`.")
        return next(iter(self.operations.values()))


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
            prepared.variable_costs = measuring.needs_variables
            if not prepared.errors:
                prepared.errors = validate_document(self._schema, node, _VALIDATION_RULES)
        except RecursionError:
            prepared.errors = [GraphQLError("The document is nested too deep to be validated.")]
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
        return excesses


def _is_operation(node: DefinitionNode) -> TypeGuard[OperationDefinitionNode]:
    return isinstance(node, OperationDefinitionNode)


def _count(number: int) -> str:
    """Format a number that may be exponential in the length of the document."""
    return str(number) if number < 10**12 else "more than a million million"

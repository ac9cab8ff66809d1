"""One document, parsed, with what is known about it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from graphql import DirectiveNode, DocumentNode, GraphQLError, OperationDefinitionNode, Visitor, visit


class PreparedDocument:
    """One document, with all that is known without its variables.

    Attributes:
        node: the parsed document; None if there is a `syntax_error`.
        syntax_error: why it could not be parsed.
        errors: the limits it exceeds, or else its validation errors.
        operations: its operations by name, None for the one without.
        variable_costs: whether its complexity depends on variables.
    """

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

    @cached_property
    def asks_for_increments(self) -> bool:
        """Whether it has `@defer` or `@stream` in it, so that its result may come in several parts.

        >>> from graphql import parse
        >>> PreparedDocument(parse("{ ... @defer { hello } }"), None, []).asks_for_increments
        True
        """
        if self.node is None:
            return False
        finder = _IncrementFinder()
        visit(self.node, finder)
        return finder.found


class _IncrementFinder(Visitor):
    """Records whether one of the directives was found."""

    found = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.found = self.found or node.name.value in ("defer", "stream")

"""What Strawberry is spared of one operation: parsing and validating what was seen before."""

from __future__ import annotations

from strawberry.types.execution import ExecutionContext

from ._document import DEFAULT_RULES, Documents, PreparedDocument


class Preparation:
    """Puts the prepared document into Strawberry's context of one operation.

    Limits hold for whatever document is going to run. Validation rules that an extension adds are
    run by Strawberry as ever, after them.
    """

    __slots__ = ("_documents", "_given")

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._given: PreparedDocument | None = None

    def give_document(self, context: ExecutionContext) -> None:
        """Give the parsed document, unless an extension gave one."""
        if context.graphql_document is None and context.query is not None:
            self._given = self._documents.prepare(context.query)
            context.graphql_document = self._given.node

    def give_errors(self, context: ExecutionContext) -> None:
        """Give what limits and validation found in the document, unless it is refused already."""
        node = context.graphql_document
        if node is None or context.pre_execution_errors:
            return
        prepared = self._given
        if prepared is None or prepared.node is not node:
            errors = self._documents.measure(node, context.variables, context.operation_name)
            if errors:
                context.pre_execution_errors = errors
            return
        errors = prepared.errors
        if not errors and prepared.variable_costs:
            errors = self._documents.measure(node, context.variables, context.operation_name)
        if errors or context.validation_rules == DEFAULT_RULES:
            context.pre_execution_errors = list(errors)

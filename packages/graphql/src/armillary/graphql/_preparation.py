"""Saves Strawberry from parsing and validating a document again."""

from __future__ import annotations

from strawberry.types.execution import ExecutionContext

from ._document import DEFAULT_RULES, Documents, PreparedDocument


class Preparation:
    """Puts the prepared document into Strawberry's context of one operation.

    Limits apply to the document that is run, wherever it comes from. Validation rules that an
    extension adds are run by Strawberry as usual, after them.
    """

    __slots__ = ("_documents", "_prepared")

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._prepared: PreparedDocument | None = None

    def set_document(self, context: ExecutionContext) -> None:
        """Set the parsed document, unless an extension set one."""
        if context.graphql_document is None and context.query is not None:
            self._prepared = self._documents.prepare(context.query)
            context.graphql_document = self._prepared.node

    def set_errors(self, context: ExecutionContext) -> None:
        """Set the errors of limits and validation, unless the document is rejected already."""
        node = context.graphql_document
        if node is None or context.pre_execution_errors:
            return
        prepared = self._prepared
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

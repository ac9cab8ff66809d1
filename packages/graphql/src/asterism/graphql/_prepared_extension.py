"""Hands the prepared document to Strawberry, in the place where extensions may give one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strawberry.extensions import SchemaExtension

from ._document import DEFAULT_RULES, Documents, PreparedDocument


class PreparedExtension(SchemaExtension):
    """Spares Strawberry the parsing and validation of a document that was seen before.

    Validation rules that another extension adds are run by Strawberry as ever, after our limits.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._prepared: PreparedDocument | None = None

    def on_parse(self) -> Iterator[None]:
        """Give the parsed document."""
        context = self.execution_context
        if context.graphql_document is None and context.query is not None:
            self._prepared = self._documents.prepare(context.query)
            context.graphql_document = self._prepared.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Give what was found when it was validated."""
        context: Any = self.execution_context
        prepared = self._prepared
        if prepared is not None and not context.pre_execution_errors:
            errors = prepared.errors
            if not errors and prepared.variable_costs:
                errors = self._documents.check_variables(prepared, context.variables)
            if errors or context.validation_rules == DEFAULT_RULES:
                context.pre_execution_errors = list(errors)
        yield

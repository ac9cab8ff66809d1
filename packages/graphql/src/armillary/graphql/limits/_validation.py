"""Validation of documents, within bounds that follow from the limits.

Of all rules of validation, one takes work that grows faster than the document: whether fields of the same
response name can be merged, which compares them in pairs. graphql-core counts these comparisons and has a
bound on them for the whole process; here it follows from the limit on tokens of each schema.
"""

from __future__ import annotations

from typing import Any, ClassVar

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
    validate,
)
from graphql.validation import ValidationContext, recommended_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from ._limits import GraphQLLimits

DEFAULT_RULES = tuple(specified_rules)
"""The rules Strawberry validates by unless an extension of the schema changes them."""

COMPARISONS_PER_TOKEN = 25
"""Steps of comparing fields, for each token that a document may have. Real documents take fewer than ten."""

_ABORTED = "Validation aborted."
_TOO_MUCH_WORK = (
    "The document takes too much work to validate: too many fields of the same name are selected in the same place. "
    "Select each field once."
)


class _BoundedMergeRule(OverlappingFieldsCanBeMergedRule):
    """The rule with a bound of its own on the steps of comparing fields."""

    steps: ClassVar[int]

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        rule_context: Any = self.rule_context
        rule_context.remaining_complexity_budget = self.steps


class Validation:
    """Validates documents by the rules of the specification and those of Strawberry.

    Args:
        schema: the schema they are validated against.
        limits: `max_tokens` bounds the comparisons of fields, `max_errors` the errors.
    """

    def __init__(self, schema: GraphQLSchema, limits: GraphQLLimits) -> None:
        self._schema = schema
        self._max_errors = limits.max_errors
        merge_rule: type[ASTValidationRule] = OverlappingFieldsCanBeMergedRule
        if limits.max_tokens is not None:
            steps = limits.max_tokens * COMPARISONS_PER_TOKEN
            merge_rule = type("BoundedMergeRule", (_BoundedMergeRule,), {"steps": steps})
        rules = dict.fromkeys((*specified_rules, *recommended_rules))
        kept = (merge_rule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in rules)
        self._rules = (*kept, MaybeNullValidationRule, OneOfInputValidationRule)

    def errors(self, node: DocumentNode) -> list[GraphQLError]:
        """Return the errors of a document, at most one more than `max_errors`."""
        errors = validate(self._schema, node, self._rules, max_errors=self._max_errors)
        if errors and errors[-1].message == _ABORTED:
            errors[-1] = GraphQLError(_TOO_MUCH_WORK)
        return errors

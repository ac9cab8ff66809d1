"""The schemas of the toolkit's own errors (RFC 9457)."""

from __future__ import annotations

from typing import Final

from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas

PROBLEM_JSON: Final = "application/problem+json"

PROBLEM: Final[Schema] = {
    "title": "Problem",
    "description": "An error, as RFC 9457 has it.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "default": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
    },
}

ERROR: Final[Schema] = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "Where, as `$.items[0].price` or `query.limit`."},
        "message": {"type": "string", "description": "What is wrong there."},
        "location": {"type": "string", "enum": ["body", "path", "query", "header", "cookie", "form"]},
        "pointer": {"type": "string", "description": "Where in it, as a JSON Pointer (RFC 6901)."},
        "kind": {"type": "string", "enum": ["object", "array", "string", "number", "boolean", "null", "missing"]},
    },
    "required": ["path", "message"],
}

VALIDATION_PROBLEM: Final[Schema] = {
    **PROBLEM,
    "title": "ValidationProblem",
    "description": "Values that do not match their types, as RFC 9457 has it.",
    "properties": {
        **PROBLEM["properties"],
        "errors": {"type": "array", "items": ERROR},
        "more": {"type": "boolean", "description": "Whether there are errors that are not listed."},
    },
}


class ProblemSchema:
    """Stands for the type of an error document among the components."""


class ValidationProblemSchema:
    """Stands for the type of a 422's document among the components."""


def problem_content(status: str, types: TypeSchemas) -> Schema:
    """Return the content of an error's response: problem details, or a sentence for clients that prefer it."""
    key, name, schema = (
        (ValidationProblemSchema, "ValidationProblem", VALIDATION_PROBLEM)
        if status == "422"
        else (ProblemSchema, "Problem", PROBLEM)
    )
    reference = types.components.reference(key, name, "armillary", "output", lambda: schema)
    return {PROBLEM_JSON: {"schema": reference}, "text/plain": {"schema": {"type": "string"}}}

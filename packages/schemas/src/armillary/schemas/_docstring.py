"""The part of a docstring that is YAML."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import yaml

SEPARATOR = re.compile(r"^---\s*$", re.MULTILINE)
# A docstring without a separator is YAML where a line begins with a field of an Operation Object.
OPERATION_FIELD = re.compile(
    r"^(tags|summary|description|externalDocs|operationId|parameters|requestBody|responses|callbacks"
    r"|deprecated|security|servers|x-[\w-]+):",
    re.MULTILINE,
)


class DocstringError(ValueError):
    """The YAML of a docstring is malformed; the message names route, file and line."""


def parse_docstring(func: Callable[..., Any], where: str = "") -> dict[str, Any]:
    """Return the Operation Object in a function's docstring: what follows the last `---`, or all of it.

    Args:
        func: a function, method or partial.
        where: the route, for the error message.

    Returns:
        A dict; empty where the docstring is missing or prose alone.

    Raises:
        DocstringError: the YAML is malformed, or is no mapping.
    """
    docstring = inspect.getdoc(func) or ""
    parts = SEPARATOR.split(docstring)
    text = parts[-1]
    if len(parts) == 1 and not OPERATION_FIELD.search(text):
        return {}
    skipped = docstring[: len(docstring) - len(text)].count("\n")
    try:
        parsed = yaml.safe_load(text)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        line = skipped + (mark.line if mark else 0)
        raise DocstringError(f"{place(func, where, docstring, line)}: {exc.problem or exc}") from exc
    except (yaml.YAMLError, ValueError) as exc:  # a character YAML has not, a date the calendar has not
        raise DocstringError(f"{place(func, where, docstring, skipped)}: {exc}") from exc
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise DocstringError(f"{place(func, where, docstring, skipped)}: expected fields such as 'responses:'")
    return parsed  # pyright: ignore[reportUnknownVariableType]


def malformed(func: Callable[..., Any], where: str, sentence: str) -> DocstringError:
    """Return the error for a docstring whose YAML does not say what it should."""
    return DocstringError(f"{place(func, where, inspect.getdoc(func) or '', 0)}: {sentence}")


def place(func: Callable[..., Any], where: str, docstring: str, line: int) -> str:
    """Name route, file and line of a docstring's line."""
    function = inspect.unwrap(func)
    function = getattr(function, "__func__", function)
    route = f"docstring of {where or getattr(function, '__qualname__', repr(function))}"
    try:
        file = inspect.getsourcefile(function)
        source, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return f"{route}, line {line + 1} of it"
    wanted = docstring.splitlines()[line].strip() if line < len(docstring.splitlines()) else ""
    start = next((number for number, text in enumerate(source) if '"""' in text or "'''" in text), 0)
    offset = next((n for n in range(start, len(source)) if wanted and wanted in source[n]), start + line)
    return f"{route}, {file}:{first + offset}"

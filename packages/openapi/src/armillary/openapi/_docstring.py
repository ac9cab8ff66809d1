"""The part of a docstring that is YAML."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, cast

from ._yaml import yaml_library

SEPARATOR = re.compile(r"^---\s*$", re.MULTILINE)
# A docstring without a separator is YAML if a line begins with a field of an Operation Object.
OPERATION_FIELD = re.compile(
    r"^(tags|summary|description|externalDocs|operationId|parameters|requestBody|responses|callbacks"
    r"|deprecated|security|servers|x-[\w-]+):",
    re.MULTILINE,
)


class DocstringError(ValueError):
    """The YAML of a docstring is malformed; the message names route, file and line."""


def parse_docstring(func: Callable[..., Any], route: str = "") -> dict[str, Any]:
    """Return the Operation Object in a function's docstring: what follows the last `---`, or all of it.

    Args:
        func: a function, method or partial.
        route: the route, for the error message.

    Returns:
        A dict; empty if the docstring is missing or only prose.

    Raises:
        DocstringError: the YAML is malformed, or is not a mapping.
        ImportError: PyYAML is not installed.
    """
    docstring = inspect.getdoc(func) or ""
    text = yaml_part(docstring)
    if text is None:
        return {}
    skipped = docstring[: len(docstring) - len(text)].count("\n")
    yaml = yaml_library("YAML in a docstring")
    try:
        parsed: Any = yaml.safe_load(text)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        line = skipped + (mark.line if mark else 0)
        raise DocstringError(f"{locate(func, route, docstring, line)}: {exc.problem or exc}") from exc
    except (yaml.YAMLError, ValueError) as exc:  # a character that YAML does not allow, an impossible date
        raise DocstringError(f"{locate(func, route, docstring, skipped)}: {exc}") from exc
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise DocstringError(f"{locate(func, route, docstring, skipped)}: expected fields such as 'responses:'")
    return cast("dict[str, Any]", parsed)


def yaml_part(docstring: str) -> str | None:
    """Return what follows the last `---`, or all of a docstring that begins a line with a field of an operation."""
    parts = SEPARATOR.split(docstring)
    return None if len(parts) == 1 and not OPERATION_FIELD.search(docstring) else parts[-1]


def prose(func: Callable[..., Any]) -> str:
    """Return the part of a function's docstring that is for people: what its YAML leaves."""
    docstring = inspect.getdoc(func) or ""
    parts = SEPARATOR.split(docstring)
    if len(parts) > 1:
        return "---".join(parts[:-1]).strip()
    return "" if yaml_part(docstring) is not None else docstring.strip()


def malformed(func: Callable[..., Any], route: str, problem: str) -> DocstringError:
    """Return the error for a docstring whose YAML has the wrong structure."""
    return DocstringError(f"{locate(func, route, inspect.getdoc(func) or '', 0)}: {problem}")


def locate(func: Callable[..., Any], route: str, docstring: str, line: int) -> str:
    """Return the route, file and line of a docstring's line, for an error message."""
    function = inspect.unwrap(func)
    function = getattr(function, "__func__", function)
    origin = f"docstring of {route or getattr(function, '__qualname__', repr(function))}"
    without_file = f"{origin}, line {line + 1} of it"
    try:
        file = inspect.getsourcefile(function)
        source, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return without_file
    if file is None or file.startswith("<"):  # code that was executed as text
        return without_file
    wanted = docstring.splitlines()[line].strip() if line < len(docstring.splitlines()) else ""
    start = next((number for number, text in enumerate(source) if '"""' in text or "'''" in text), 0)
    offset = next((n for n in range(start, len(source)) if wanted and wanted in source[n]), start + line)
    return f"{origin}, {file}:{first + offset}"

"""Files of `NAME=value` lines.

Blank lines and lines that start with `#` are skipped, `export ` in front of a name is allowed,
and one pair of matching quotes around a value is taken off. Nothing else is special: no escapes,
no expansion, no comment after a value.
"""

from __future__ import annotations

from typing import NamedTuple

_QUOTES = ("'", '"')


class EnvFileError(ValueError):
    """An environment file that cannot be read as one; the message names file and line, not the text."""


class EnvLine(NamedTuple):
    """A value and the line it is on, counted from 1."""

    value: str
    line: int


def parse_env_file(data: bytes, name: str, encoding: str = "utf-8", *, strict: bool = True) -> dict[str, EnvLine]:
    """Return the variables of an environment file.

    Args:
        data: the file's content.
        name: the file's name, for messages.
        encoding: the file's encoding. A byte order mark is skipped.
        strict: whether a line without `=` is an error or is skipped.

    Returns:
        The variables by name; of two lines for one name the last applies.

    Raises:
        EnvFileError: for a line that is not `NAME=value`, or text that is not in the encoding.

    >>> parse_env_file(b"# settings\\nPORT='8000'\\n", ".env")
    {'PORT': EnvLine(value='8000', line=2)}
    """
    variables: dict[str, EnvLine] = {}
    lines = _decoded(data, name, encoding).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        variable, equals, value = text.removeprefix("export ").partition("=")
        variable = variable.strip()
        if not equals or not variable:
            if strict:
                raise EnvFileError(f"{name}, line {number}: expected NAME=value")
            continue
        variables[variable] = EnvLine(unquote(value.strip()), number)
    return variables


def unquote(value: str) -> str:
    """Return a value without the pair of matching quotes around it.

    >>> unquote("'a'"), unquote('"')
    ('a', '"')
    """
    return value[1:-1] if len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1] else value


def _decoded(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        # The cause would carry the file's whole content into the traceback.
        raise EnvFileError(f"{name}, line {line}: not {encoding} text; pass the file's encoding") from None

"""Files of `NAME=value` lines.

Blank lines and lines that start with `#` are skipped, `export ` in front of a name is allowed,
one pair of matching quotes around a value is taken off, and a comment may follow the closing one.
Nothing else is special: no escapes, no expansion, no comment after a value without quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = re.compile(r"""(['"])(.*)\1""", re.DOTALL)
# The first closing quote that a comment follows ends the value; as in a shell, a blank is in front of the "#".
_QUOTED_WITH_COMMENT = re.compile(r"""(['"])(.*?)\1\s+#""", re.DOTALL)


class EnvFileError(ValueError):
    """An environment file that cannot be read as one; the message names file and line, not the text."""


class EnvLine(NamedTuple):
    """A value and the line it is on, counted from 1."""

    value: str
    line: int


def parse_env_file(
    data: bytes, name: str, encoding: str = "utf-8", *, strict: bool = True, comments_after_quotes: bool = True
) -> dict[str, EnvLine]:
    """Return the variables of an environment file.

    Args:
        data: the file's content.
        name: the file's name, for messages.
        encoding: the file's encoding. A byte order mark is skipped.
        strict: whether a line without `=` is an error or is skipped; and whether `export ` in front of a name is
            left out or is a part of it.
        comments_after_quotes: whether `# text` after a closing quote is a comment or a part of the value.

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
        variable, equals, value = (text.removeprefix("export ") if strict else text).partition("=")
        variable = variable.strip()
        if not equals or not variable:
            if strict:
                raise EnvFileError(f"{name}, line {number}: expected NAME=value")
            continue
        variables[variable] = EnvLine(unquote(value.strip(), comments_after_quotes), number)
    return variables


def unquote(value: str, comments_after_quotes: bool = True) -> str:
    """Return a value without the pair of matching quotes around it, and without a comment after them.

    >>> unquote("'a'"), unquote('"'), unquote('"a" # first'), unquote("a # first")
    ('a', '"', 'a', 'a # first')
    """
    quoted = _QUOTED_WITH_COMMENT.match(value) if comments_after_quotes else None
    quoted = quoted or _QUOTED.fullmatch(value)
    return value if quoted is None else quoted[2]


def _decoded(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        # The cause would carry the file's whole content into the traceback.
        raise EnvFileError(f"{name}, line {line}: not {encoding} text; pass the file's encoding") from None

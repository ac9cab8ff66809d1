"""Hold names and prose to the words of the glossary.

Usage: `python tools/check_words.py [FILE ...]`. Reads the table "Words that are not used" of `docs/glossary.md`. A word
of its first column must not be a part of an identifier or of a file's name, in any Python file; a phrase in quotation
marks must not stand in prose either, in Python and Markdown files. Prints one line per finding and exits with 1 if
there is any. The table's last column has patterns of names that are excepted.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from charter import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
HEADING = "## Words that are not used"
# Written by others, or about the words themselves.
SKIPPED = ("docs/glossary.md", "integration-tests/third_party/", "tools/tests/test_check_words.py")


class Word(NamedTuple):
    """A row of the table: what is not used, what is used instead, and the identifiers it may still be a part of."""

    text: str
    instead: str
    excepted: frozenset[str]
    is_phrase: bool


def read_table(glossary: str) -> list[Word]:
    """Return the rows of the table.

    Raises:
        ValueError: the glossary has no such table.
    """
    _, found, section = glossary.partition(HEADING)
    rows = [line.strip("|").split("|") for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    if not found or len(rows) < 3:
        raise ValueError(f"{GLOSSARY.name} has no table under {HEADING!r}")
    words = []
    for row in rows[2:]:  # after the heading and its rule
        texts, instead, excepted = (cell.strip() for cell in row)
        names = frozenset(re.findall(r"`([^`]+)`", excepted))
        for text in re.split(r",\s*", texts):
            words.append(Word(text.strip('"`'), instead, names, text.startswith('"')))
    return words


def parts_of(name: str) -> set[str]:
    """Return the words of an identifier, in lower case.

    >>> sorted(parts_of("HTTPAnswer_of2")), sorted(parts_of("_settle"))
    (['answer', 'http', 'of'], ['settle'])
    """
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def check_text(path: str, text: str, words: list[Word]) -> Iterator[str]:
    """Yield a sentence for each use of a word in a file."""
    if path.endswith(".py"):
        yield from _check_identifiers(path, text, [word for word in words if not word.is_phrase])
    for word in words:
        if word.is_phrase:
            for found in re.finditer(rf"\b{re.escape(word.text)}\b", text, re.IGNORECASE):
                line = text.count("\n", 0, found.start()) + 1
                yield f'{path}:{line} says "{word.text}"; write {word.instead}'


def _check_identifiers(path: str, text: str, words: list[Word]) -> Iterator[str]:
    by_text = {word.text: word for word in words}
    names = [(Path(path).stem, 1)]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            names.append((token.string, token.start[0]))
    for name, line in dict(reversed(names)).items():
        for part in sorted(parts_of(name) & by_text.keys()):
            if not any(fnmatchcase(name, pattern) for pattern in by_text[part].excepted):
                yield f"{path}:{line} names something {name}; instead of {part} write {by_text[part].instead}"


def main() -> None:
    """Check the files that git tracks, or those of the command line."""
    words = read_table(GLOSSARY.read_text("utf-8"))
    listed = (
        sys.argv[1:]
        or subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.md"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
    )
    findings = []
    for path in listed:
        file = ROOT / path
        if not path.startswith(SKIPPED) and file.is_file():
            findings += check_text(path, file.read_text("utf-8"), words)
    if findings:
        raise SystemExit("\n".join([*findings, f"{len(findings)} findings; the words are in docs/glossary.md"]))


if __name__ == "__main__":
    main()

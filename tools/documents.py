"""The Markdown files of this repository, and the programs in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^( *)(```+|~~~+)(.*)$")
LIBRARIES = re.compile(r"^<!-- runs with: (.+) -->$", re.MULTILINE)


def documents() -> list[Path]:
    """Return every file whose blocks are to run."""
    patterns = ("*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md")
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


def program_of(text: str) -> str:
    """Return the ```python blocks of a document as one program, each line at its place in the document.

    >>> program_of("# Title\\n```python\\na = 1\\n```\\n")
    '\\n\\na = 1\\n\\n'
    """
    program = []
    fence = indent = None
    running = False
    for line in text.splitlines():
        found = FENCE.match(line)
        if fence is None and found:
            indent, fence = found[1], found[2]
            running = found[3].strip().split(" ")[0] == "python"
            program.append("")
        elif fence is not None and found and found[2].startswith(fence) and not found[3].strip():
            fence = None
            running = False
            program.append("")
        else:
            program.append(line.removeprefix(indent or "") if running else "")
    return "\n".join(program) + "\n"


def libraries_of(text: str) -> list[str]:
    """Return what a document says its blocks need beyond `.venv`; it runs in the environment of the frameworks then.

    >>> libraries_of("# Title\\n\\n<!-- runs with: falcon>=4, quart -->\\n")
    ['falcon>=4', 'quart']
    """
    return [name.strip() for names in LIBRARIES.findall(text) for name in names.split(",")]


def example_of(readme: str) -> str:
    """Return the first ```python block of a README.

    Raises:
        ValueError: there is none.
    """
    found = re.search(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError("there is no ```python block")
    return found[1]

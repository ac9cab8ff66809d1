"""The files, commands and transcripts that a page of the tutorial shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A page: the files it writes, the commands it runs, and what the served application responds."""

    name: str
    files: dict[str, str]
    commands: list[str]
    transcript: list[tuple[str, str]]


def steps() -> list[Step]:
    """Return the pages of the tutorial in their order."""
    return [read_step(path) for path in sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md"))]


def read_step(path: Path) -> Step:
    """Return what a page shows."""
    step = Step(path.stem, {}, [], [])
    for language, title, text in BLOCK.findall(path.read_text("utf-8")):
        if title:
            step.files[title] = text
        elif language == "shell":
            step.commands.extend(line for line in text.splitlines() if line.strip())
        elif language == "console":
            step.transcript.extend(transcript_of(text))
    return step


def transcript_of(text: str) -> list[tuple[str, str]]:
    """Return the commands of a transcript, each with what it printed.

    >>> transcript_of("$ echo a\\na\\n$ true\\n")
    [('echo a', 'a\\n'), ('true', '')]
    """
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))

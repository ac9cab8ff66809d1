"""What commands print: sentences and tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text


def output() -> Console:
    """Return the console of the standard output, as it is now. What is no terminal has no width: nothing is wrapped."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)


def print_error(sentence: str) -> None:
    """Write a sentence to the standard error."""
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("Error: ", "bold red"), sentence))


def print_json(value: Any) -> None:
    """Write JSON to the standard output, indented."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

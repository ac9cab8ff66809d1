"""Examples in docstrings as blocks of code in the reference: an extension of griffe, which mkdocstrings loads."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^( *)(>>> .*(?:\n.*\S.*)*)", re.MULTILINE)


def fenced(text: str) -> str:
    r"""Return a docstring with a fence around each example.

    >>> fenced("Add.\n\n>>> 1 + 1\n2")
    'Add.\n\n```pycon\n>>> 1 + 1\n2\n```'
    """
    return EXAMPLE.sub(r"\1```pycon\n\1\2\n\1```", text)


class Doctests(griffe.Extension):
    """Puts fences around the examples of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)

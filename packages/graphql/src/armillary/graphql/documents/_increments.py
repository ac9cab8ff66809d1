"""Whether a document asks for its result in several parts."""

from __future__ import annotations

from typing import Any

from graphql import DirectiveNode, DocumentNode, Visitor, visit

_NAMES = ("defer", "stream")


class _Finder(Visitor):
    """Records whether one of the directives was found."""

    found = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.found = self.found or node.name.value in _NAMES


def asks_for_increments(text: str, node: DocumentNode | None) -> bool:
    """Return whether a document has `@defer` or `@stream` in it, outside of strings and comments.

    >>> from graphql import parse
    >>> text = "{ ... @defer { hello } }"
    >>> asks_for_increments(text, parse(text))
    True
    """
    # White space, commas and comments may be between the @ and the name.
    if node is None or "@" not in text or not any(name in text for name in _NAMES):
        return False
    finder = _Finder()
    visit(node, finder)
    return finder.found

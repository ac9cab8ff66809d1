"""Which paths a regex matches, by their segments; read from the text of the regex.

`compile_path` writes regexes of one form: escaped texts and named groups in turn, between `^` and `\\Z`. Whoever holds
such a regex (a route, a copy of one, a route that was given another's) can be indexed and read by segments, whatever
its other attributes say. A regex of any other form has no shape: it can match anything.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, TypeAlias


class Parameter(NamedTuple):
    """A parameter of a path, and the regex of its text."""

    name: str
    regex: str


Piece: TypeAlias = str | Parameter


class Segment(tuple[Piece, ...]):
    """The pieces of a path between two slashes, or from a slash to the end."""

    __slots__ = ()

    @property
    def text(self) -> str | None:
        """The only text that the segment matches; None if it holds a parameter."""
        if not self:
            return ""
        first = self[0]
        return first if len(self) == 1 and isinstance(first, str) else None

    @property
    def regex(self) -> str:
        """The regex of the segment alone."""
        first = self[0] if len(self) == 1 else ""
        if isinstance(first, Parameter):
            return first.regex
        # Grouped: an alternative of a convertor ("a|b") ends with its parameter.
        return "".join([re.escape(piece) if isinstance(piece, str) else f"(?:{piece.regex})" for piece in self])


class PathShape(NamedTuple):
    """Which paths a regex matches.

    Attributes:
        segments: one for each segment of the path, the empty one before the first slash included.
        tail: what matches all that follows them, at least one segment, possibly empty; None if nothing follows. It
            begins at the segment whose parameter may match "/".
    """

    segments: tuple[Segment, ...]
    tail: Segment | None

    @property
    def prefix(self) -> str:
        """The text that all of the paths begin with."""
        texts: list[str] = []
        for segment in self.segments if self.tail is None else (*self.segments, self.tail):
            text = segment.text
            if text is None:
                first = segment[0]
                texts.append(first if isinstance(first, str) else "")
                break
            texts.append(text)
        return "/".join(texts)


class TemplateRegex:
    """The regex of a template, whose pieces are nearly always enough: it is compiled when a path is matched by it.

    Args:
        pieces: the texts and parameters of the template, in turn.
    """

    flags: int = int(re.UNICODE)

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    @cached_property
    def pattern(self) -> str:
        """The text of the regex."""
        return expression_of(self.pieces)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The regex itself."""
        return re.compile(self.pattern)

    @cached_property
    def match(self) -> Any:
        """The method of the compiled regex."""
        return self.compiled.match

    @cached_property
    def shape(self) -> PathShape:
        """The shape of the paths that the regex matches."""
        return _shape_of(self.pieces)


def expression_of(pieces: Sequence[Piece]) -> str:
    """Return the text of the regex that matches some pieces in turn."""
    parts = [re.escape(piece) if isinstance(piece, str) else f"(?P<{piece.name}>{piece.regex})" for piece in pieces]
    return rf"^{''.join(parts)}\Z"


def path_shape(regex: re.Pattern[str] | TemplateRegex) -> PathShape | None:
    """Return the shape of the paths that a regex matches; None if its form is unknown.

    >>> path_shape(re.compile(r"^/a/(?P<x>[^/]+)/(?P<y>.*)\\Z"))
    PathShape(segments=((), ('a',), (Parameter(name='x', regex='[^/]+'),)), tail=(Parameter(name='y', regex='.*'),))
    >>> path_shape(re.compile("/a/?$"))
    """
    return regex.shape if isinstance(regex, TemplateRegex) else _shape_of_pattern(regex)


@lru_cache(maxsize=1024)
def _shape_of_pattern(regex: re.Pattern[str]) -> PathShape | None:
    pieces = _pieces(regex)
    return None if pieces is None else _shape_of(pieces)


def _shape_of(pieces: Sequence[Piece]) -> PathShape:
    segments: list[list[Piece]] = [[]]
    tail: list[Piece] | None = None
    for piece in pieces:
        if tail is not None:
            tail.append(piece)
        elif isinstance(piece, str):
            for place, text in enumerate(piece.split("/")):
                if place:
                    segments.append([])
                if text:
                    segments[-1].append(text)
        elif stays_within_segment(piece.regex):
            segments[-1].append(piece)
        else:
            tail = [*segments.pop(), piece]
    return PathShape(tuple(map(Segment, segments)), None if tail is None else Segment(tail))


# A named group opens, and closes if it holds nothing but a set that is repeated; an escaped character that stands for
# itself; or characters without a meaning.
_TOKEN = re.compile(r"\(\?P<(\w+)>(?:(\[[^\[\]\\]+\]\+)\))?|\\(\W)|([^\\.^$*+?{}\[\]|()]+)")


def _pieces(regex: re.Pattern[str]) -> Sequence[Piece] | None:
    """Return the texts and named groups that a regex consists of, in turn; None if there is anything else in it."""
    pattern = regex.pattern
    if regex.flags != re.UNICODE or not pattern.startswith("^") or not pattern.endswith(r"\Z"):
        return None
    pieces: list[Piece] = []
    text = ""
    at, end = 1, len(pattern) - 2
    while at < end:
        token = _TOKEN.match(pattern, at, end)
        if token is None:
            return None
        name, group, escaped, plain = token.groups()
        at = token.end()
        if name is None:
            text += plain or escaped
            continue
        if text:
            pieces.append(text)
            text = ""
        if group is None:
            opened, at = at, closing_parenthesis(pattern, token.start())
            group = pattern[opened : at - 1]
        pieces.append(Parameter(name, group))
    return [*pieces, text] if text else pieces


# Up to the next parenthesis that opens or closes a group: one in a set ("[(]") or after a backslash does not.
_UNGROUPED = r"(?s:[^\\\[()]|\\.|\[\^?\]?(?:[^\]\\]|\\.)*\])*"


def closing_parenthesis(text: str, start: int) -> int:
    """Return the index after the parenthesis that closes the one at `start`; 0 if it is not closed.

    >>> closing_parenthesis(r"(a[)](b)\\))c", 0)
    11
    """
    depth, at = 0, start
    while text[at : at + 1] in ("(", ")"):
        depth += 1 if text[at] == "(" else -1
        at += 1
        if depth == 0:
            return at
        at = re.compile(_UNGROUPED).match(text, at).end()  # type: ignore[union-attr]  # it matches the empty text too
    return 0


# A regex made of these pieces alone cannot match "/": sets without it, negated sets with it,
# word characters, escaped punctuation, digit and word classes, quantifiers, plain groups.
_WITHIN_SEGMENT = r"""(?x: \[ \^ / [^\]\[\\]* \]
          | \[ (?: [a-zA-Z0-9_] - [a-zA-Z0-9_] | \\[dw.-] | [a-zA-Z0-9_.:,;@=%~] )+ -? \]
          | [a-zA-Z0-9_~@:,;=%-] | \\ [dw.+*?()\[\]{}|^$-]
          | [*+?|)] | \{ [0-9]+ (?: , [0-9]* )? \} | \( (?: \?: )? (?! \? )
        )+"""


@lru_cache(maxsize=256)
def stays_within_segment(regex: str) -> bool:
    """Return whether a convertor's regex surely never matches "/"; False if that is unknown.

    >>> stays_within_segment("[0-9]+"), stays_within_segment(".*")
    (True, False)
    """
    return re.fullmatch(_WITHIN_SEGMENT, regex) is not None


_SPECIAL_CHARACTERS: Final = frozenset(".^$*+?{}[]|()")
_UNSUPPORTED_FLAGS: Final = re.IGNORECASE | re.VERBOSE | re.MULTILINE


def literal_prefix(regex: re.Pattern[str] | TemplateRegex) -> str:
    """Return the literal text at the start of a regex; "" if it has none, or none that is sure.

    >>> literal_prefix(re.compile("^/items\\\\.v1/(?P<key>[^/]+)$"))
    '/items.v1/'
    """
    pattern = regex.pattern.removeprefix("^")
    if regex.flags & _UNSUPPORTED_FLAGS or "|" in pattern:
        return ""
    text: list[str] = []
    at = 0
    while at < len(pattern) and pattern[at] not in _SPECIAL_CHARACTERS:
        if pattern[at] == "\\":
            at += 1
            if pattern[at].isalnum():  # a class such as \\d, or an assertion
                return "".join(text)
        text.append(pattern[at])
        at += 1
    if text and pattern[at : at + 1] and pattern[at] in "*?{":
        text.pop()  # which may be left out
    return "".join(text)

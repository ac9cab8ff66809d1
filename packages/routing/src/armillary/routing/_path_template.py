"""Path templates: "/users/{id:int}" as a regular expression, a format and an index key.

`compile_path` is a pure function of its text and of the registered convertors. The regex it
returns was compiled from a `PathPattern`, a string that also carries the template's segments:
a holder of the regex (a route, a copy of one, a route that was given another's) can be indexed
without looking at any other attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ._convertors import CONVERTOR_TYPES, Convertor

WILD: Final = None
"""A segment whose text is decided by the regex alone."""

PARAM_REGEX = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")
PARAM_FORMAT_REGEX = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)}")
_PARAM_HEAD = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?")
_PORT = re.compile(r":[0-9]+\Z")

# A regex made of these pieces alone cannot match "/": sets without it, negated sets with it,
# word characters, escaped punctuation, digit and word classes, quantifiers, plain groups.
_WITHIN_SEGMENT = re.compile(
    r"""(?: \[ \^ / [^\]\[\\]* \]
          | \[ (?: [a-zA-Z0-9_] - [a-zA-Z0-9_] | \\[dw.-] | [a-zA-Z0-9_.:,;@=%~] )+ -? \]
          | [a-zA-Z0-9_~@:,;=%-] | \\ [dw.+*?()\[\]{}|^$-]
          | [*+?|)] | \{ [0-9]+ (?: , [0-9]* )? \} | \( (?: \?: )? (?! \? )
        )+""",
    re.VERBOSE,
)


class PathPattern(str):
    """The text of a path's regex, with the shape of the paths it matches.

    `segments` are the texts between slashes, `WILD` for one that holds a parameter; `regexes` are
    the segments' own regexes. When `tail` is not None, further segments follow, at least one,
    possibly empty, of which that regex decides.
    """

    __slots__ = ("regexes", "segments", "tail")
    segments: tuple[str | None, ...]
    regexes: tuple[str, ...]
    tail: str | None

    @property
    def open_ended(self) -> bool:
        """Whether the number of segments is not fixed."""
        return self.tail is not None


class _Parameter(NamedTuple):
    name: str
    convertor: Convertor[Any]
    end: int


def stays_within_segment(regex: str) -> bool:
    """Return whether a convertor's regex surely never matches "/"; False if that is unknown.

    >>> stays_within_segment("[0-9]+"), stays_within_segment(".*")
    (True, False)
    """
    return _WITHIN_SEGMENT.fullmatch(regex) is not None


def _arguments_end(path: str, start: int) -> int:
    """Return the index after the parenthesis that closes the one at `start`."""
    depth, position, in_set = 0, start, False
    while position < len(path):
        character = path[position]
        if character == "\\":
            position += 1
        elif in_set:
            in_set = character != "]"
        elif character == "[":
            in_set = True
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return position + 1
        position += 1
    raise ValueError(f"path: the parenthesis opened at character {start} of {path!r} is not closed")


def _parameter_at(path: str, start: int) -> _Parameter | None:
    """Read the parameter whose brace opens at `start`; None if it is none."""
    head = _PARAM_HEAD.match(path, start)
    if head is None:
        return None
    name, kind = head[1], head[2] or "str"
    end, arguments = head.end(), None
    if head[2] is not None and path[end : end + 1] == "(":
        end = _arguments_end(path, end)
        arguments = path[head.end() + 1 : end - 1]
    if path[end : end + 1] != "}":
        return None
    convertor = CONVERTOR_TYPES.get(kind)
    if convertor is None:
        known = ", ".join(CONVERTOR_TYPES)
        raise ValueError(f"path: unknown path convertor {kind!r} in {path!r}; registered are {known}")
    if arguments is not None:
        try:
            convertor = convertor.with_arguments(arguments)
        except ValueError as exc:
            raise ValueError(f"path: parameter {name!r} of {path!r}: {exc}") from None
    return _Parameter(name, convertor, end + 1)


def _pieces(path: str, literal_braces: bool) -> list[str | _Parameter]:
    pieces: list[str | _Parameter] = []
    literal = ""
    position = 0
    while position < len(path):
        if path[position] == "}" and not literal_braces:
            raise ValueError(f"path: the brace at character {position} of {path!r} closes no parameter; write {{name}}")
        if path[position] == "{":
            parameter = _parameter_at(path, position)
            if parameter is not None:
                if literal:
                    pieces.append(literal)
                    literal = ""
                pieces.append(parameter)
                position = parameter.end
                continue
            if not literal_braces:
                raise ValueError(
                    f"path: the brace at character {position} of {path!r} opens no parameter; "
                    "write {name} or {name:convertor}"
                )
        literal += path[position]
        position += 1
    return [*pieces, literal] if literal else pieces


def _set_shape(pattern: PathPattern, pieces: list[str | _Parameter]) -> None:
    segments: list[str | None] = [""]
    regexes: list[str] = [""]
    tail: str | None = None
    for piece in pieces:
        if tail is not None:
            tail += re.escape(piece) if isinstance(piece, str) else piece.convertor.regex
        elif isinstance(piece, str):
            first, *others = piece.split("/")
            last = segments[-1]
            segments[-1:] = [WILD if last is None else last + first, *others]
            regexes[-1:] = [regexes[-1] + re.escape(first), *map(re.escape, others)]
        elif stays_within_segment(piece.convertor.regex):
            segments[-1] = WILD
            regexes[-1] += piece.convertor.regex
        else:
            segments.pop()
            tail = regexes.pop() + piece.convertor.regex
    pattern.segments, pattern.regexes, pattern.tail = tuple(segments), tuple(regexes), tail


def _reject_duplicates(path: str, parameters: list[_Parameter]) -> None:
    names = [parameter.name for parameter in parameters]
    duplicated = sorted({name for name in names if names.count(name) > 1})
    if duplicated:
        ending = "s" if len(duplicated) > 1 else ""
        raise ValueError(f"Duplicated param name{ending} {', '.join(duplicated)} at path {path}")


def _host_pieces(pieces: list[str | _Parameter]) -> list[str | _Parameter]:
    """Return the pieces of a host in lower case, without its port."""
    lower = [piece.lower() if isinstance(piece, str) else piece for piece in pieces]
    if lower and isinstance(lower[-1], str):
        lower[-1] = _PORT.sub("", lower[-1])
    return lower


def compile_path(path: str, *, literal_braces: bool = False) -> tuple[re.Pattern[str], str, dict[str, Convertor[Any]]]:
    """Compile a path or host template.

    Args:
        path: such as "/users/{id:int}"; a text that does not start with "/" is a host, whose port
            is left out of the regex and which is matched in lower case.
        literal_braces: take a brace that opens no parameter as text instead of raising.

    Returns:
        The regex for the whole path, the format "/users/{id}", and the convertors by name.

    Raises:
        ValueError: for a duplicated parameter, an unknown convertor, a stray brace, or a convertor
            whose regex cannot be part of another.

    >>> regex, form, convertors = compile_path("/users/{id:int}")
    >>> regex.match("/users/7")["id"], form, list(convertors)
    ('7', '/users/{id}', ['id'])
    """
    pieces = _pieces(path, literal_braces)
    parameters = [piece for piece in pieces if not isinstance(piece, str)]
    _reject_duplicates(path, parameters)
    is_host = not path.startswith("/")
    form = "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in pieces)
    if is_host:
        pieces = _host_pieces(pieces)
    expressions = [
        re.escape(piece) if isinstance(piece, str) else f"(?P<{piece.name}>{piece.convertor.regex})" for piece in pieces
    ]
    pattern = PathPattern(rf"^{''.join(expressions)}\Z")
    _set_shape(pattern, pieces)
    try:
        regex = re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"path: the convertors of {path!r} make no regular expression together: {exc}") from exc
    if len(regex.groupindex) != len(parameters):
        raise ValueError(f"path: a convertor in {path!r} has a named group; write (?:...) in its regex")
    return regex, form, {parameter.name: parameter.convertor for parameter in parameters}


def replace_params(
    path: str, param_convertors: Mapping[str, Convertor[Any]], path_params: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Fill a format; parameters used are taken out of `path_params`.

    Args:
        path: a format as `compile_path` returns it.
        param_convertors: the convertors by parameter name.
        path_params: values by parameter name; those the format does not hold remain.

    Returns:
        The path, not percent-encoded, and what remains of `path_params`.
    """

    def text(found: re.Match[str]) -> str:
        name = found[1]
        return texts.get(name, found[0])

    texts = {
        name: convertor.to_string(path_params.pop(name))
        for name, convertor in param_convertors.items()
        if name in path_params
    }
    return PARAM_FORMAT_REGEX.sub(text, path), path_params

"""Path templates: "/users/{id:int}" as a regular expression, a format and its convertors.

`compile_path` and `template_regex` are pure functions of their text and of the registered convertors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ._convertors import CONVERTOR_TYPES, Convertor, StringConvertor
from ._path_shape import Parameter, Piece, TemplateRegex, closing_parenthesis

PARAM_FORMAT_REGEX = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)}")
_PARAM_HEAD = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?(})?")
_PORT = r":[0-9]+\Z"
_LABEL = "[^.]+"
"""What a `str` parameter of a host matches."""

_KNOWN: Final = frozenset(convertor.regex for convertor in CONVERTOR_TYPES.values())
"""The regexes of the convertors that there are from the beginning, of which any can stand beside each other."""

# A stray brace, or a parameter as other frameworks write it: <id>, <int:id>, <int(min=1):id>, :id. Each has one of the
# suspicious characters, which are found faster.
_SUSPICIOUS = re.compile("[{}<:*?]")
_SPACED = r"\{ *[a-zA-Z_]\w* *(?:: *\w+ *)?\}"
_MISTAKE = r"[{}]|<(?:([a-zA-Z_]\w*)(?:\([^)]*\))?:)?([a-zA-Z_]\w*)>|(?<=/):()([a-zA-Z_]\w*)|(?<=/)\*\Z|\?.*"
_GROUP = re.compile(r"\(\?P<([a-zA-Z_]\w*)>([^()]*)\)")
_KINDS = {r"\d+": "int", "[0-9]+": "int", ".*": "path", ".+": "path"}


class UnknownConvertor(ValueError, AssertionError):
    """No convertor has the name: a `ValueError`, and the `AssertionError` that Starlette raises."""


def compile_path(path: str, *, lenient: bool = False) -> tuple[re.Pattern[str], str, dict[str, Convertor[Any]]]:
    """Compile a path or host template.

    Args:
        path: such as "/users/{id:int}"; a text that does not start with "/" is a host, whose port
            is left out of the regex, which is matched in lower case, and in which a `str` parameter is one label.
        lenient: take what looks like a mistake as text: a brace that opens no parameter, and parameters as other
            frameworks write them (`<int:id>`, `:id`). A `str` parameter of a host then matches several labels.

    Returns:
        The regex for the whole path, the format "/users/{id}", and the convertors by name.

    Raises:
        ValueError: for a duplicated parameter, an unknown convertor, a stray brace, another framework's parameter,
            or a convertor whose regex cannot be part of another.

    >>> regex, form, convertors = compile_path("/users/{id:int}")
    >>> regex.match("/users/7")["id"], form, list(convertors)
    ('7', '/users/{id}', ['id'])
    """
    regex, form, convertors = checked_template(path, lenient=lenient)
    return regex.compiled, form, convertors


def checked_template(path: str, *, lenient: bool = False) -> tuple[TemplateRegex, str, dict[str, Convertor[Any]]]:
    """Return what `compile_path` does with a regex that is compiled when it is asked for.

    Args:
        path: as for `compile_path`.
        lenient: as for `compile_path`.

    Raises:
        ValueError: as `compile_path`. A regex in which there is one of a program's own is compiled to see it.
    """
    regex, form, convertors = template_regex(path, lenient=lenient)
    if any(convertor.regex not in _KNOWN for convertor in convertors.values()):
        try:
            compiled = regex.compiled
        except re.error as exc:
            raise ValueError(f"path: the convertors of {path!r} make no regular expression together: {exc}") from exc
        if len(compiled.groupindex) != len(convertors):
            raise ValueError(f"path: a convertor in {path!r} has a named group; write (?:...) in its regex")
    return regex, form, convertors


def template_regex(path: str, *, lenient: bool = False) -> tuple[TemplateRegex, str, dict[str, Convertor[Any]]]:
    """Return what `compile_path` does with a regex that is not compiled: an index needs that rarely.

    Args:
        path: as for `compile_path`.
        lenient: as for `compile_path`.

    Raises:
        ValueError: as `compile_path`, except for convertors whose regexes cannot be compiled together.

    >>> template_regex("/users/{id:int}")[0].pattern
    '^/users/(?P<id>[0-9]+)\\\\Z'
    """
    is_host = path[:1] != "/"
    form = ""
    pieces: list[Piece] = []
    convertors: dict[str, Convertor[Any]] = {}
    start = at = 0  # of the text before the next parameter, and of the search for that
    while head := _PARAM_HEAD.search(path, at):
        convertor, end = _convertor_at(path, head)
        at = head.start()
        if convertor is None:
            at += 1
            continue
        text, name, regex = path[start:at], head[1], convertor.regex
        if name in convertors:
            raise _duplicated(path)
        if not lenient and _SUSPICIOUS.search(text):
            _reject_mistakes(path, start, text)
        form += f"{text}{{{name}}}"
        if is_host:
            text = text.lower()
            if regex == StringConvertor.regex and not lenient:
                regex = _LABEL
        if text:
            pieces.append(text)
        pieces.append(Parameter(name, regex))
        convertors[name] = convertor
        start = at = end
    text = path[start:]
    if text:
        if not lenient and _SUSPICIOUS.search(text):
            _reject_mistakes(path, start, text)
        form += text
        pieces.append(re.sub(_PORT, "", text.lower()) if is_host else text)
    return TemplateRegex(pieces), form, convertors


def _convertor_at(path: str, head: re.Match[str]) -> tuple[Convertor[Any] | None, int]:
    """Return the convertor of the parameter that may open at `head`, and the index after its brace.

    It opens none, and is text, if no brace closes it.
    """
    name, kind, brace = head.groups()
    end, arguments = head.end(), None
    if brace is None:
        if kind is None or path[end : end + 1] != "(":
            return None, end
        opened, end = end, closing_parenthesis(path, end)
        if not end:
            raise ValueError(f"path: the parenthesis opened at character {opened} of {path!r} is not closed")
        if path[end : end + 1] != "}":
            return None, end
        arguments = path[opened + 1 : end - 1]
        end += 1
    convertor = CONVERTOR_TYPES.get(kind or "str")
    if convertor is None:
        known = ", ".join(CONVERTOR_TYPES)
        raise UnknownConvertor(f"path: unknown path convertor {kind!r} in {path!r}; registered are {known}")
    if arguments is not None:
        try:
            convertor = convertor.with_arguments(arguments)
        except ValueError as exc:
            raise ValueError(f"path: parameter {name!r} of {path!r}: {exc}") from None
    return convertor, end


def _reject_mistakes(path: str, start: int, text: str) -> None:
    """Reject what looks like a parameter in a text between parameters, which starts at `start` of a template."""
    found = re.search(_MISTAKE, text)
    if found is None:
        return
    if found[0] in "{}":
        does, write = ("opens", "{name} or {name:convertor}") if found[0] == "{" else ("closes", "{name}")
        spaced = re.compile(_SPACED).match(text, found.start())
        if spaced is not None:
            write = "".join(spaced[0].split())
        place = f"the brace at character {start + found.start()} of {path!r}"
        raise ValueError(f"path: {place} {does} no parameter; write {write}")
    if found[0][0] == "?":
        raise ValueError(f"path: {path!r} ends before its '?'; a parameter of the function takes what is behind it")
    raise ValueError(
        f"path: {found[0]!r} in {path!r} is a parameter of another framework; write {_translated(found)!r}"
    )


def _translated(found: re.Match[str]) -> str:
    """Return a parameter as other frameworks write it, found by `_MISTAKE`, as it is written here."""
    if found[0] == "*":
        return "{path:path}"
    kind, name = found[1] or found[3], found[2] or found[4]
    if name is None:
        return found[0]
    return f"{{{name}:{kind}}}" if kind in CONVERTOR_TYPES else f"{{{name}}}"


def translated_path(path: str) -> str:
    """Return a path as it is written here, for one of another framework that does not begin with "/".

    >>> translated_path("stars/<int:id>/"), translated_path(r"^stars/(?P<id>\\d+)/$")
    ('/stars/{id:int}/', '/stars/{id:int}/')
    """
    path = path.removeprefix("^").removesuffix("$")
    path = _GROUP.sub(lambda group: f"<{_KINDS.get(group[2], 'str')}:{group[1]}>".replace("<str:", "<"), path)
    return re.sub(_MISTAKE, _translated, path if path.startswith("/") else f"/{path}")


def _duplicated(path: str) -> ValueError:
    names = [head[1] for head in _PARAM_HEAD.finditer(path)]
    duplicated = sorted({name for name in names if names.count(name) > 1})
    ending = "s" if len(duplicated) > 1 else ""
    return ValueError(f"Duplicated param name{ending} {', '.join(duplicated)} at path {path}")


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
    texts = {
        name: convertor.to_string(path_params.pop(name))
        for name, convertor in param_convertors.items()
        if name in path_params
    }
    return PARAM_FORMAT_REGEX.sub(lambda found: texts.get(found[1], found[0]), path), path_params

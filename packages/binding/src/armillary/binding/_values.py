"""Values read as text from path, query, headers, cookies and forms: compiled when the endpoint is constructed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from armillary.asgi_types import Scope
from armillary.datastructures import parse_query
from armillary.http import FormData, UploadFile
from armillary.serialization import NO_DEFAULT, TypedDecoder, ValidationError, ValidationIssue, issue_at

from ._signature import Parameter
from ._text import ItemError, TextType

Targets = list[dict[str, Any]]
"""The arguments of each call, and the fields of each structured type that is spread over a part of the request."""

INVALID: Final = (ValueError, msgspec.ValidationError)


class TextSlot(NamedTuple):
    """A value and the argument it becomes.

    Attributes:
        parameter: what it is, for errors.
        key: its name in the request.
        read: converts the text, or the list of texts if `many`.
        many: whether it may be repeated.
        target: the number of the arguments it is one of.
        name: its name there.
        make_default: returns the default; None if it is required.
        expected: what a valid value is.
        skip: whether an absent value is left out, for the type it is a field of to fill.
        blank: whether empty text is a value; if not, a form that sends it sends none.
    """

    parameter: Parameter
    key: str
    read: Callable[[Any], Any]
    many: bool
    target: int
    name: str
    make_default: Callable[[], Any] | None
    expected: str
    skip: bool
    blank: bool


class Group(NamedTuple):
    """A structured type whose fields are spread over a part of the request.

    Attributes:
        fields: the number of the target that collects the fields.
        target, name: the argument that the value becomes.
        decoder: makes the value.
        location: the part of the request.
        default: what an empty group becomes; `NO_DEFAULT` if it is converted like any other.
        exact: whether its part of the request may have no names that nothing takes.
    """

    fields: int
    target: int
    name: str
    decoder: TypedDecoder[Any]
    location: str
    default: Any
    exact: bool


def text_slot(parameter: Parameter, text: TextType, target: int, name: str, *, skip: bool = False) -> TextSlot:
    """Return the slot of a parameter."""
    make_default = None if parameter.required else default_maker(parameter.default)
    read = text.value_reader() if parameter.source == "path" else text.reader()
    key = parameter.alias.lower() if parameter.source == "header" else parameter.alias
    return TextSlot(
        parameter, key, read, text.many, target, name, make_default, text.expected, skip, _takes_blank(text)
    )


def default_maker(default: Any) -> Callable[[], Any] | None:
    """Return what makes the default of a parameter; None if there is none.

    Lists, dicts and sets are copied, so that one request cannot change what the next one gets.
    """
    if default is NO_DEFAULT:
        return None
    if isinstance(default, list | dict | set):
        return default.copy  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return lambda: default


def _takes_blank(text: TextType) -> bool:
    """Return whether empty text is a value, be it one that a constraint refuses."""
    try:
        text.convert([""] if text.many else "")
    except INVALID:
        return False
    return True


class TextValues:
    """All values that an endpoint reads from path, query, headers and cookies.

    Args:
        slots: the values, in any order.
        exact: the parts of the request, "query" and "cookie", that may have no other names.
    """

    def __init__(self, slots: Iterable[TextSlot], exact: frozenset[str] = frozenset()) -> None:
        by_source: dict[str, list[TextSlot]] = {"path": [], "query": [], "header": [], "cookie": []}
        for slot in slots:
            by_source[slot.parameter.source].append(slot)
        self._path = tuple(by_source["path"])
        self._query = tuple(by_source["query"])
        self._headers = tuple(by_source["header"])
        self._cookies = tuple(by_source["cookie"])
        self._exact_query = "query" in exact
        self._exact_cookies = "cookie" in exact
        self._header_names = frozenset(slot.key.encode("latin-1") for slot in self._headers)

    def fill(self, request: Any, targets: Targets, issues: list[ValidationIssue]) -> None:
        """Read the values into their targets, and add what is wrong to the issues."""
        scope: Scope = request.scope
        if self._path:
            values = scope.get("path_params", {})
            for slot in self._path:
                if slot.key in values:
                    fill_slot(slot, values[slot.key], targets, issues)
                else:
                    fill_absent(slot, targets, issues)
        if self._query:
            query: bytes = scope.get("query_string", b"")
            pairs = parse_query(query.decode("utf-8", "replace")) if query else ()
            fill_pairs(self._query, pairs, targets, issues)
            if self._exact_query:
                issues += unknown_names((name for name, _ in pairs), self._query, "query")
        if self._headers:
            names = self._header_names
            fill_pairs(
                self._headers,
                [(key.decode("latin-1"), text.decode("latin-1")) for key, text in scope["headers"] if key in names],
                targets,
                issues,
            )
        if self._cookies:
            cookies: dict[str, str] = request.cookies
            for slot in self._cookies:
                if slot.key in cookies:
                    fill_slot(slot, [cookies[slot.key]] if slot.many else cookies[slot.key], targets, issues)
                else:
                    fill_absent(slot, targets, issues)
            if self._exact_cookies:
                issues += unknown_names(cookies, self._cookies, "cookie")


def unknown_names(names: Iterable[str], slots: tuple[TextSlot, ...], location: str) -> list[ValidationIssue]:
    """Return the error of each name that nothing takes."""
    unknown = dict.fromkeys(names).keys() - {slot.key for slot in slots}
    return [
        issue_at((name,), f"Object contains unknown field `{name}`", "string", location) for name in sorted(unknown)
    ]


def fill_pairs(
    slots: tuple[TextSlot, ...],
    pairs: Iterable[tuple[str, str]],
    targets: Targets,
    issues: list[ValidationIssue],
) -> None:
    """Read values that may be repeated; of several the last counts if only one is taken."""
    found = dict(pairs)
    for slot in slots:
        if slot.key not in found:
            fill_absent(slot, targets, issues)
        elif slot.many:
            fill_slot(slot, [text for key, text in pairs if key == slot.key], targets, issues)
        else:
            fill_slot(slot, found[slot.key], targets, issues)


def fill_slot(slot: TextSlot, text: Any, targets: Targets, issues: list[ValidationIssue]) -> None:
    """Convert what was sent, and add what is wrong with it to the issues."""
    try:
        targets[slot.target][slot.name] = slot.read(text)
    except INVALID as exc:
        issues.append(_text_issue(slot, exc))


def fill_absent(slot: TextSlot, targets: Targets, issues: list[ValidationIssue]) -> None:
    """Take the default of what was not sent; without one that is an issue."""
    if slot.skip:
        return
    if slot.make_default is not None:
        targets[slot.target][slot.name] = slot.make_default()
        return
    source = slot.parameter.source
    message = f"Missing: expected {slot.expected}"
    issues.append(issue_at((slot.parameter.alias,), message, "missing", "form" if source == "file" else source))


def _text_issue(slot: TextSlot, exc: Exception) -> ValidationIssue:
    place: tuple[str | int, ...] = (slot.parameter.alias,)
    if isinstance(exc, ItemError):
        place = (*place, exc.index)
        exc = exc.problem
    message = str(exc) if isinstance(exc, msgspec.ValidationError) else f"Expected {slot.expected}"
    source = slot.parameter.source
    return issue_at(place, message, "string", "form" if source == "file" else source)


def fill_form(slots: tuple[TextSlot, ...], form: FormData, targets: Targets, issues: list[ValidationIssue]) -> None:
    """Read the fields and files of a form."""
    for slot in slots:
        sent: list[Any] = form.getlist(slot.key)
        is_file = slot.parameter.source == "file"
        if is_file:
            # A browser sends a file input without a file as one without a name.
            sent = [item for item in sent if not (isinstance(item, UploadFile) and not item.filename and not item.size)]
        elif not slot.blank:
            sent = [item for item in sent if item != ""]
        if not sent:
            fill_absent(slot, targets, issues)
        elif any(isinstance(item, UploadFile) is not is_file for item in sent):
            expected = "a file, got text" if is_file else "text, got a file"
            issues.append(issue_at((slot.parameter.alias,), f"Expected {expected}", "string", "form"))
        else:
            fill_slot(slot, sent if slot.many else sent[-1], targets, issues)


def make_groups(groups: tuple[Group, ...], targets: Targets, issues: list[ValidationIssue]) -> None:
    """Make the structured types whose fields were read one by one."""
    for group in groups:
        fields: Mapping[str, Any] = targets[group.fields]
        if not fields and group.default is not NO_DEFAULT:
            targets[group.target][group.name] = group.default
            continue
        try:
            value = group.decoder.convert(fields, location=group.location, subject="The request")
        except ValidationError as exc:
            reported = {(issue.get("location"), issue.get("pointer")) for issue in issues}
            issues += [item for item in exc.errors if (item.get("location"), item.get("pointer")) not in reported]
        else:
            targets[group.target][group.name] = value

"""The body of a request: its media type is checked, it is decoded once, and its values become arguments."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from armillary.asgi_types import HTTPException, find_scope_record
from armillary.concurrency import run_in_threadpool
from armillary.datastructures import parse_media_type
from armillary.http import Request, media_type_quality
from armillary.serialization import (
    TypedDecoder,
    ValidationError,
    ValidationIssue,
    decode_json,
    issue_at,
    json_error,
    kind_of,
)

from ._signature import Parameter, RequestBody
from ._sources import Body
from ._values import INVALID, Targets, TextSlot, fill_form, unknown_names

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
_MSGPACK_TYPES: Final = frozenset((MSGPACK, "application/x-msgpack", "application/vnd.msgpack"))
_UTF8: Final = frozenset(("utf-8", "utf8", "us-ascii"))


class Member(NamedTuple):
    """A value of the body and the argument it becomes."""

    parameter: Parameter
    decoder: TypedDecoder[Any]
    target: int
    make_default: Callable[[], Any] | None


class RawBody(NamedTuple):
    """A body that is taken as it is sent, and the argument it becomes.

    Attributes:
        kind: "bytes" or "parts".
        check: checks the constraints of the bytes; None if there are none.
        make_default: returns what an empty body becomes; None if it is empty bytes.
    """

    kind: str
    target: int
    name: str
    source: Body
    check: Callable[[Any], Any] | None = None
    make_default: Callable[[], Any] | None = None


class BodyReader:
    """Reads the body of one kind.

    Attributes:
        description: the body, for documents.
    """

    def __init__(self, description: RequestBody) -> None:
        self.description = description

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        """Read the body into the targets, and add what is wrong to the issues.

        Raises:
            HTTPException: 400, it is malformed; 413; 415, it has another media type.
        """
        raise NotImplementedError


def content_type_of(request: Request[Any]) -> str:
    """Return the media type of a request as it was sent; empty if there is none."""
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            return str(value, "latin-1")
    return ""


def is_json(media_type: str) -> bool:
    """Return whether a media type, without parameters, is JSON or written in it (RFC 6839)."""
    return media_type == JSON or media_type.endswith("+json")


def is_accepted(sent: str, media_types: tuple[str, ...]) -> bool:
    """Return whether a media type that was sent is one of some, of which each may be a range such as "text/*".

    >>> is_accepted("text/csv", ("text/*",)), is_accepted("image/png", ("text/*",)), is_accepted("", ("*/*",))
    (True, False, True)
    """
    return sent in media_types or any("*" in each and media_type_quality(each, sent) > 0 for each in media_types)


def _unsupported(description: RequestBody, sent: str) -> HTTPException:
    accepted = " or ".join(description.media_types)
    got = f"got {sent}" if sent else "got none"
    headers = {"Accept-Post": ", ".join(description.media_types)}
    return HTTPException(415, f"The request body must have the media type {accepted}; {got}.", headers)


class DataReader(BodyReader):
    """Reads JSON or MessagePack into one value, or into the members of an object.

    Args:
        description: the body.
        members: what becomes of it; several only if it is embedded.
        media_type: the one type that is accepted instead of JSON and MessagePack; it must be a form of JSON.
    """

    def __init__(self, description: RequestBody, members: tuple[Member, ...], media_type: str | None) -> None:
        super().__init__(description)
        self._members = members
        self._media_type = media_type

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        is_msgpack, sent = self._format(content_type_of(request))
        body = await request.body()
        if not body:
            if not self.description.required:
                for member in self._members:
                    if member.make_default is not None:
                        targets[member.target][member.parameter.name] = member.make_default()
                return
            if not sent:
                issues.append(issue_at((), "Missing: the request has no body", "missing"))
                return
        if is_msgpack is None:
            raise _unsupported(self.description, sent)
        read = self._read_msgpack if is_msgpack else self._read_json
        threshold = request.json_thread_size
        if threshold is not None and len(body) > threshold:
            await run_in_threadpool(read, body, targets, issues)
        else:
            read(body, targets, issues)

    def _format(self, content_type: str) -> tuple[bool | None, str]:
        """Return whether a body is MessagePack, None if neither that nor JSON; and its media type."""
        if content_type == JSON and self._media_type is None:
            return False, JSON
        sent, parameters = parse_media_type(content_type)
        if self._media_type is not None:
            return (False if sent == self._media_type else None), sent
        if is_json(sent):
            charset = parameters.get("charset", "utf-8").lower()
            return (False, sent) if charset in _UTF8 else (None, f"{sent} in {charset}")
        return (True if sent in _MSGPACK_TYPES else None), sent

    def _read_json(self, body: bytes, targets: Targets, issues: list[ValidationIssue]) -> None:
        if self.description.embed:
            try:
                value = decode_json(body)
            except (ValueError, RecursionError) as exc:
                raise json_error(exc, body) from None
            self._fill_members(value, targets, issues)
            return
        member = self._members[0]
        try:
            targets[member.target][member.parameter.name] = member.decoder.decode_json(body)
        except ValidationError as exc:
            if exc.more:
                raise
            issues += exc.errors

    def _read_msgpack(self, body: bytes, targets: Targets, issues: list[ValidationIssue]) -> None:
        try:
            if self.description.embed:
                self._fill_members(_ANYTHING.decode_msgpack(body), targets, issues)
                return
            member = self._members[0]
            targets[member.target][member.parameter.name] = member.decoder.decode_msgpack(body)
        except ValidationError as exc:
            if exc.more:
                raise
            issues += exc.errors

    def _fill_members(self, value: Any, targets: Targets, issues: list[ValidationIssue]) -> None:
        if not isinstance(value, dict):
            issues.append(issue_at((), f"Expected an object, got `{type(value).__name__}`", kind_of(value)))
            return
        for member in self._members:
            alias = member.parameter.alias
            if alias in value:
                try:
                    converted = member.decoder.convert(value[alias])
                except ValidationError as exc:
                    issues += [_below(issue, alias) for issue in exc.errors]
                else:
                    targets[member.target][member.parameter.name] = converted
            elif member.make_default is not None:
                targets[member.target][member.parameter.name] = member.make_default()
            else:
                issues.append(issue_at((alias,), f"Object missing required field `{alias}`", "missing"))


_ANYTHING = TypedDecoder[Any](Any)


def _below(issue: ValidationIssue, alias: str) -> ValidationIssue:
    """Return the error of a member with the place in the whole body."""
    place = issue_at((alias,), "", "")
    below = issue.copy()
    below["path"] = place["path"] + issue["path"].removeprefix("$")
    below["pointer"] = f"{place.get('pointer', '')}{issue.get('pointer', '')}"
    return below


class FormReader(BodyReader):
    """Reads the fields and files of a form.

    Args:
        description: the body.
        slots: the fields and files.
        whole: the arguments that are the form itself, as `FormData`.
        exact: whether the form may have no other fields.
    """

    def __init__(
        self, description: RequestBody, slots: tuple[TextSlot, ...], whole: tuple[tuple[int, str], ...], exact: bool
    ) -> None:
        super().__init__(description)
        self._slots = slots
        self._whole = whole
        self._exact = exact

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        sent, _ = parse_media_type(content_type_of(request))
        if sent not in self.description.media_types and (sent or self.description.required or await request.body()):
            raise _unsupported(self.description, sent)
        form = await request.form()
        fill_form(self._slots, form, targets, issues)
        if self._exact:
            # The field of a token, which middleware has checked, is no field of the type.
            token_field = (find_scope_record(request.scope) or {}).get("csrf_field")
            issues += unknown_names((name for name in form if name != token_field), self._slots, "form")
        for target, name in self._whole:
            targets[target][name] = form


class TextReader(BodyReader):
    """Gives the body as text, which is UTF-8.

    Args:
        description: the body, of one media type.
        member: what it becomes.
    """

    def __init__(self, description: RequestBody, member: Member) -> None:
        super().__init__(description)
        self._member = member

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        sent, parameters = parse_media_type(content_type_of(request))
        body = await request.body()
        member = self._member
        if not body and member.make_default is not None:
            targets[member.target][member.parameter.name] = member.make_default()
            return
        if not is_accepted(sent, self.description.media_types):
            raise _unsupported(self.description, sent)
        charset = parameters.get("charset", "utf-8").lower()
        if charset not in _UTF8:
            raise _unsupported(self.description, f"{sent} in {charset}")
        try:
            text = body.decode()
        except UnicodeError:
            raise HTTPException(400, "The request body is not text in UTF-8.") from None
        try:
            targets[member.target][member.parameter.name] = member.decoder.convert(text)
        except ValidationError as exc:
            issues += exc.errors


class BytesReader(BodyReader):
    """Gives the body as it is: its bytes."""

    def __init__(self, description: RequestBody, raw: RawBody) -> None:
        super().__init__(description)
        self._raw = raw

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        sent, _ = parse_media_type(content_type_of(request))
        is_known = is_accepted(sent, self.description.media_types)
        if not is_known and (sent or self.description.required or await request.body()):
            raise _unsupported(self.description, sent)
        body = await request.body()
        if not body and self._raw.make_default is not None:
            targets[self._raw.target][self._raw.name] = self._raw.make_default()
            return
        if self._raw.check is not None:
            try:
                self._raw.check(body)
            except INVALID as exc:
                issues.append(issue_at((), str(exc), "string"))
        targets[self._raw.target][self._raw.name] = body


class PartsReader(BodyReader):
    """Gives a multipart body part by part, as `PartStream`; nothing of it is kept."""

    def __init__(self, description: RequestBody, target: int, name: str) -> None:
        super().__init__(description)
        self._target = target
        self._name = name

    async def fill(self, request: Request[Any], targets: Targets, issues: list[ValidationIssue]) -> None:
        targets[self._target][self._name] = request.parts()

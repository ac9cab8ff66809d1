"""What the parameters of an endpoint and of its dependencies take from the parts of a request."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

from msgspec.structs import asdict, replace

from armillary.http import UploadFile
from armillary.serialization import (
    NO_DEFAULT,
    TypedDecoder,
    TypeField,
    check_type,
    fields_of,
    forbids_unknown_fields,
    is_optional,
    union_members,
    unwrap,
)

from ._annotations import UPLOADS, first_type, is_known, plain_annotation, sources_in, upload_kind
from ._body import Member, RawBody
from ._call import file_reader, read_files
from ._place import BindingError
from ._plan import Call
from ._provided import Kind
from ._signature import Parameter
from ._sources import Body, File, Path, Query, Source
from ._text import TextType, check_of, text_type
from ._values import Group, TextSlot, default_maker, text_slot
from ._wanted import Wanted


class RequestParts:
    """What is taken from each part of the request.

    Args:
        kind: of the connection.
        path: the names of the path parameters.
        new_target: returns the number of a further set of arguments.
        add_call: adds a call whose result a parameter is.
    """

    def __init__(
        self,
        kind: Kind,
        path: frozenset[str],
        new_target: Callable[[], int],
        add_call: Callable[[Wanted, Call], None],
    ) -> None:
        self.kind: Kind = kind
        self.path = path
        self.new_target = new_target
        self.add_call = add_call
        self.taken: set[str] = set()
        self.slots: list[TextSlot] = []
        self.form: list[TextSlot] = []
        self.whole_form: list[tuple[int, str]] = []
        self.groups: list[Group] = []
        self.members: list[tuple[Member, Body]] = []
        self.raw: list[RawBody] = []

    def exact(self) -> frozenset[str]:
        """Return the parts that may hold no names that nothing takes."""
        return frozenset(group.location for group in self.groups if group.exact)

    def targets(self) -> set[int]:
        """Return the sets of arguments that need something of the request."""
        read = {slot.target for slot in (*self.slots, *self.form)} | {group.target for group in self.groups}
        read.update(member.target for member, _ in self.members)
        read.update(raw.target for raw in self.raw)
        read.update(target for target, _ in self.whole_form)
        return read

    def take(self, wanted: Wanted, source: Source | None) -> None:
        """Fill a parameter from a part of the request.

        Args:
            wanted: the parameter.
            source: the part it names, if it names one.

        Raises:
            BindingError: it cannot be filled from there.
        """
        name, annotation = wanted.name, wanted.annotation
        type_, _ = unwrap(annotation)
        upload = upload_kind(type_)
        try:
            text = text_type(check_type(annotation).type) if upload is None else UPLOADS
        except TypeError as exc:
            raise wanted.error(f": {exc}") from exc
        if source is None:
            source = self.guess(name, type_, text, upload)
        if isinstance(source, Path) or (source.source == "query" and name in self.path):
            self.path_parameter(wanted, source, text)
        elif isinstance(source, Body):
            self.body(wanted, source)
        elif isinstance(source, File) or upload is not None:
            self.file(wanted, source)
        elif text is not None:
            self.add_text(wanted, wanted.described(source), text, wanted.target, name)
        elif fields_of(type_) is not None or fields_of(union_members(type_)[0]) is not None:
            self.spread(wanted, source)
        else:
            raise wanted.error(
                f": {annotation!r} cannot be read from the {source.source}; use a scalar, "
                "a list of scalars, or a type with fields"
            )

    def guess(self, name: str, type_: Any, text: TextType | None, upload: TextType | None) -> Source:
        """Return the source of a parameter that names none."""
        if name in self.path:
            return Path()
        if upload is not None:
            return File()
        if text is not None and type_ is not Any:
            return Query()
        return Body()

    def path_parameter(self, wanted: Wanted, source: Source, text: TextType | None) -> None:
        path = source if isinstance(source, Path) else Path(**asdict(source))
        alias = path.alias or wanted.name
        if alias not in self.path:
            known = ", ".join(sorted(self.path)) or "none"
            raise wanted.error(f" is from the path, which has no {alias!r}; it has {known}")
        if wanted.default is not NO_DEFAULT:
            raise wanted.error(" is in the path, so its default is never used: remove it")
        if text is None or text.many:
            raise wanted.error(f": {wanted.annotation!r} cannot be read from the path")
        self.taken.add(alias)
        self.slots.append(text_slot(wanted.described(path), text, wanted.target, wanted.name))

    def add_text(
        self,
        wanted: Wanted,
        parameter: Parameter,
        text: TextType,
        target: int,
        name: str,
        *,
        skip: bool = False,
    ) -> None:
        if self.kind == "websocket" and parameter.source in ("form", "file", "body"):
            raise wanted.error(f": a WebSocket has no {parameter.source}")
        slot = text_slot(parameter, text, target, name, skip=skip)
        (self.form if parameter.source in ("form", "file") else self.slots).append(slot)

    def file(self, wanted: Wanted, source: Source) -> None:
        type_, metadata = first_type(wanted.annotation)
        many = get_origin(type_) in (list, tuple)
        item = get_args(type_)[0] if many else type_
        described = wanted.described(source if isinstance(source, File) else File(**asdict(source)))
        text = UPLOADS._replace(many=many)
        check = self.constraints(wanted, list[Any] if many else item, metadata)
        if isinstance(item, type) and issubclass(item, UploadFile):
            self.add_text(wanted, described, text._replace(check=check), wanted.target, wanted.name)
        elif item is bytes:
            # Its bytes are read by a dependency, since reading may have to wait for the disk.
            uploads = self.new_target()
            self.add_text(wanted, described, text._replace(check=check if many else None), uploads, "upload")
            read = read_files if many else file_reader(described.alias, check)
            self.add_call(wanted, Call(read, "async", uploads, ()))
        else:
            raise wanted.error(f": a file is an UploadFile or bytes, not {wanted.annotation!r}")

    def constraints(self, wanted: Wanted, type_: Any, metadata: tuple[Any, ...]) -> Callable[[Any], Any] | None:
        """Return what checks the constraints in the metadata of a parameter that is read as a type of its own."""
        try:
            return check_of(Annotated[(type_, *metadata)]) if metadata else None
        except TypeError as exc:
            raise wanted.error(f": {exc}") from exc

    def spread(self, wanted: Wanted, source: Source) -> None:
        """Take each field of a structured type from a part of the request."""
        type_ = unwrap(wanted.annotation).type
        member = union_members(type_)[0]
        try:
            decoder = TypedDecoder[Any](member)
        except TypeError as exc:
            raise wanted.error(f": {exc}") from exc
        fields = self.new_target()
        empty = wanted.default if wanted.default is not NO_DEFAULT or not is_optional(type_) else None
        # Of one that may be absent as a whole the decoder says what is missing, once there is something of it.
        optional = empty is not NO_DEFAULT
        for field in fields_of(member) or ():
            self.spread_field(wanted, member, field._replace(required=field.required and not optional), source, fields)
        # A client sends headers that no program lists.
        exact = source.source != "header" and forbids_unknown_fields(member)
        self.groups.append(Group(fields, wanted.target, wanted.name, decoder, source.source, empty, exact))

    def spread_field(self, wanted: Wanted, member: Any, field: TypeField, source: Source, fields: int) -> None:
        own = sources_in(unwrap(field.annotation).metadata)
        part: Source = own[0] if own else type(source)()
        inner = plain_annotation(field.annotation, part)
        shown = f"{getattr(member, '__qualname__', member)}.{field.name}"
        if upload_kind(unwrap(inner).type) is not None:
            raise BindingError(wanted.function, f"{shown}: take a file as a parameter of the function, not as a field")
        text = text_type(check_type(inner).type)
        if text is None:
            raise BindingError(
                wanted.function,
                f"{shown} cannot be read from the {source.source}: {inner!r} is no scalar or list of scalars",
            )
        default = NO_DEFAULT if field.required else field.default
        described = Wanted(wanted.function, part.alias or field.alias, inner, default, fields).described(part)
        described = replace(described, name=field.name, required=field.required)
        self.add_text(wanted, described, text, fields, field.alias, skip=not field.required)

    def body(self, wanted: Wanted, source: Body) -> None:
        if self.kind == "websocket":
            raise wanted.error(": a WebSocket has no body; read it from its messages")
        type_, _ = unwrap(wanted.annotation)
        first, metadata = first_type(wanted.annotation)
        if first in (bytes, bytearray, memoryview) and len(union_members(type_)) == 1:
            check = self.constraints(wanted, bytes, metadata)
            make_default = default_maker(wanted.default)
            self.raw.append(RawBody("bytes", wanted.target, wanted.name, source, check, make_default))
            return
        if isinstance(type_, list | tuple | dict):
            raise wanted.error(f": {type_!r} is no type; write list[...] or dict[...]")
        if not is_known(type_):
            raise wanted.error(
                f": {wanted.annotation!r} is neither in the path nor a type that a request can be "
                "read into; for a dependency write Annotated[..., Depends(function)]"
            )
        try:
            decoder = TypedDecoder[Any](wanted.annotation)
        except (TypeError, NameError) as exc:
            raise wanted.error(f" cannot be decoded from the body: {exc}") from exc
        described = wanted._replace(annotation=decoder.type).described(source)
        self.members.append((Member(described, decoder, wanted.target, default_maker(wanted.default)), source))

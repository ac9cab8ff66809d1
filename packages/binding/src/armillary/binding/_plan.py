"""How the arguments of an endpoint and of its dependencies are found: worked out when the endpoint is constructed."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import inspect
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    Set as AbstractSet,
)
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple, cast, get_args, get_origin

from armillary.asgi_types import is_async_callable
from armillary.http import FormData, PartStream, Request, UploadFile
from armillary.serialization import (
    NO_DEFAULT,
    TypedDecoder,
    check_type,
    fields_of,
    forbids_unknown_fields,
    is_optional,
    union_members,
    unwrap,
)
from armillary.websockets import WebSocket

from ._body import FORM, JSON, MSGPACK, MULTIPART, BodyReader, BytesReader, DataReader, FormReader, Member, PartsReader
from ._dependency_result import check_result
from ._place import BindingError
from ._provided import Kind, Provided, making_of
from ._signature import Parameter, RequestBody
from ._sources import Body, Dependency, Depends, File, Header, Path, Policy, Query, Source
from ._text import TextType, text_type
from ._type_hints import type_hints_of
from ._values import Group, TextSlot, TextValues, text_slot

_CONNECTION_NAMES: Final = frozenset(("request", "websocket"))
_STARRED: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _unchanged(value: Any) -> Any:
    return value


_CONTAINERS: Final = frozenset(
    (
        dict,
        list,
        tuple,
        set,
        frozenset,
        Mapping,
        MutableMapping,
        Sequence,
        MutableSequence,
        Collection,
        Iterable,
        AbstractSet,
    )
)
_UPLOADS: Final = TextType(_unchanged, "a file", (UploadFile,))


class Call(NamedTuple):
    """A function to call with what was found.

    Attributes:
        function: called with keyword arguments.
        style: how: "async", "thread", "direct", or as a generator that yields the value once, "async_generator" and
            "generator".
        target: the number of its arguments.
        needs: its parameters that are results of other calls, with the numbers of these.
        ends_early: whether a generator ends before the response is sent.
    """

    function: Callable[..., Any]
    style: str
    target: int
    needs: tuple[tuple[str, int], ...]
    ends_early: bool = False


class Plan(NamedTuple):
    """How an endpoint is called; `build_plan` returns it.

    Attributes:
        calls: the dependencies in the order they are called, the endpoint last.
        targets: how many sets of arguments and of fields there are.
        before_reading: how many of the calls, from the first, need nothing of what is sent; the last is not among them.
        provided: arguments made from the connection.
        texts: arguments read as text; None if there are none.
        groups: structured types spread over a part of the request.
        body: reads the body; None if nothing takes it.
        parameters: what is taken from path, query, headers and cookies.
        result: the annotation of the endpoint's result.
        errors: statuses that dependencies and what they take say that they reject with.
        instance: of a method, the argument that is the instance it is called on: its target and name; else None.
    """

    calls: tuple[Call, ...]
    targets: int
    before_reading: int
    provided: tuple[Provided, ...]
    texts: TextValues | None
    groups: tuple[Group, ...]
    body: BodyReader | None
    parameters: tuple[Parameter, ...]
    result: Any
    errors: frozenset[int]
    instance: tuple[int, str] | None = None


def build_plan(
    function: Callable[..., Any],
    *,
    kind: Kind,
    path: frozenset[str],
    dependencies: Sequence[Dependency] = (),
    overrides: Mapping[Callable[..., Any], Callable[..., Any]] | None = None,
    is_method: bool = False,
) -> Plan:
    """Return how a function is called for a connection.

    Args:
        function: the endpoint.
        kind: of the connection.
        path: the names of the path parameters.
        dependencies: further ones, whose results are not used.
        overrides: functions to call in place of others.
        is_method: whether the first parameter of the endpoint is the instance it is called on.

    Raises:
        BindingError: a parameter cannot be filled, or the body cannot be all that is asked of it.
    """
    builder = _Builder(function, kind, path, overrides or {})
    for item in dependencies:
        depends = item if isinstance(item, Depends) else Depends(item)
        if not callable(depends.function):
            raise BindingError(function, f"a dependency of a route is a function or Depends(function), got {item!r}")
        builder.dependency(depends, depends.function)
    builder.call(function, style="async" if is_async_callable(function) else "thread", is_method=is_method)
    return builder.plan()


class _Builder:
    def __init__(
        self,
        endpoint: Callable[..., Any],
        kind: Kind,
        path: frozenset[str],
        overrides: Mapping[Callable[..., Any], Callable[..., Any]],
    ) -> None:
        self.endpoint = endpoint
        self.kind: Kind = kind
        self.path = path
        self.overrides = overrides
        self.taken: set[str] = set()
        self.targets = 0
        self.calls: list[Call] = []
        self.known: dict[Any, int] = {}
        self.pending: list[Callable[..., Any]] = []
        self.provided: list[Provided] = []
        self.slots: list[TextSlot] = []
        self.form: list[TextSlot] = []
        self.whole_form: list[tuple[int, str]] = []
        self.groups: list[Group] = []
        self.members: list[tuple[Member, Body]] = []
        self.raw: list[tuple[str, int, str, Body]] = []
        self.needs: dict[int, list[tuple[str, int]]] = {}
        self.result: Any = NO_DEFAULT
        self.errors: set[int] = set()
        self.instance: tuple[int, str] | None = None

    def new_target(self) -> int:
        self.targets += 1
        return self.targets - 1

    # -- calls ---------------------------------------------------------------------------------

    def call(
        self, function: Callable[..., Any], *, style: str, ends_early: bool = False, is_method: bool = False
    ) -> int:
        """Add the call of a function after those it depends on; return its number."""
        target = self.new_target()
        hints = type_hints_of(function)
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError) as exc:
            raise BindingError(function, f"it has no signature: {exc}") from exc
        needs = self.needs[target] = []
        self.errors.update(getattr(function, "error_statuses", ()))
        positional: list[str] = []
        given: Any = function.keywords if isinstance(function, partial) else ()
        parameters = [*signature.parameters.values()]
        if is_method:
            self.instance = target, parameters.pop(0).name
        for parameter in parameters:
            if parameter.name in given:
                continue
            if parameter.kind in _STARRED:
                raise BindingError(function, f"nothing fills *{parameter.name}: name the parameters it takes")
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(parameter.name)
            self.parameter(function, parameter, hints.get(parameter.name, NO_DEFAULT), target)
        called = _by_position(function, tuple(positional)) if positional else function
        self.calls.append(Call(called, style, target, tuple(needs), ends_early))
        self.result = hints.get("return", NO_DEFAULT)
        return len(self.calls) - 1

    def dependency(self, depends: Depends, function: Callable[..., Any]) -> int:
        """Add the call of a dependency, unless it is added already; return its number."""
        function = self.overrides.get(function, function)
        # A policy is not the dependency of the same function, whose result nobody checks.
        key = depends if isinstance(depends, Policy) else function
        if depends.use_cache and key in self.known:
            return self.known[key]
        if function in self.pending:
            raise BindingError(function, "it depends on itself")
        self.pending.append(function)
        number = self.call(function, style=_style(function), ends_early=depends.scope == "function")
        self.pending.pop()
        if isinstance(depends, Policy):
            self.calls.append(Call(depends.check, "direct", self.new_target(), (("allowed", number),)))
            number = len(self.calls) - 1
            self.errors.add(depends.status_code)
        if depends.use_cache:
            self.known[key] = number
        return number

    # -- parameters ----------------------------------------------------------------------------

    def parameter(
        self,
        function: Callable[..., Any],
        parameter: inspect.Parameter,
        annotation: Any,
        target: int,
    ) -> None:
        """Find out what fills one parameter."""
        name = parameter.name
        default = NO_DEFAULT if parameter.default is inspect.Parameter.empty else parameter.default
        if isinstance(default, Source | Depends):
            marker = type(default).__name__
            raise BindingError(
                function, f"write parameter {name!r} as `{name}: Annotated[..., {marker}(...)]`, not as its default"
            )
        if annotation is NO_DEFAULT or (annotation in (Any, object) and name in _CONNECTION_NAMES):
            annotation = self.unannotated(function, name)
        try:
            type_, metadata = unwrap(annotation)
        except TypeError as exc:
            raise BindingError(function, f"the annotation of {name!r} is no type: {exc}") from exc
        depends = [item for item in metadata if isinstance(item, Depends)]
        if depends or Depends in metadata:
            found = depends[0] if depends else Depends()
            inner = found.function if found.function is not None else type_
            if not callable(inner):
                raise BindingError(function, f"Depends() of {name!r} takes a function, got {inner!r}")
            if inner not in self.overrides:
                check_result(function, name, type_, inner)
            self.needs[target].append((name, self.dependency(found, inner)))
            return
        sources = _sources_in(metadata)
        if len(sources) > 1:
            raise BindingError(function, f"parameter {name!r} names more than one source: {sources!r}")
        source = sources[0] if sources else None
        if source is None and self.provide(function, name, type_, target):
            return
        self.sourced(function, name, _plain_annotation(annotation, source), source, default, target)

    def unannotated(self, function: Callable[..., Any], name: str) -> Any:
        if name in self.path:
            raise BindingError(
                function, f"its parameter {name!r} is in the path: annotate it, such as `{name}: str`, to take it"
            )
        if name in _CONNECTION_NAMES:
            return Request if self.kind == "http" else WebSocket
        raise BindingError(function, f"nothing fills its parameter {name!r}: annotate it with its type")

    def provide(self, function: Callable[..., Any], name: str, type_: Any, target: int) -> bool:
        """Fill a parameter with the connection or with what is made from it; return False if it is neither."""
        try:
            making = making_of(type_, self.kind)
        except TypeError as exc:
            raise BindingError(function, f"parameter {name!r} {exc}") from exc
        base: Any = get_origin(type_) or type_
        if making is not None:
            if making.reads_path:
                self.taken.update(self.path)
            self.errors.update(making.errors)
            self.provided.append(Provided(target, name, making))
        elif base is FormData:
            self.whole_form.append((target, name))
        elif base is PartStream:
            self.raw.append(("parts", target, name, Body()))
        else:
            return False
        return True

    def sourced(
        self,
        function: Callable[..., Any],
        name: str,
        annotation: Any,
        source: Source | None,
        default: Any,
        target: int,
    ) -> None:
        """Fill a parameter from a part of the request."""
        type_, _ = unwrap(annotation)
        upload = _upload_kind(type_)
        try:
            text = text_type(check_type(annotation).type) if upload is None else _UPLOADS
        except TypeError as exc:
            raise BindingError(function, f"parameter {name!r}: {exc}") from exc
        if source is None:
            source = self.guess(name, type_, text, upload)
        if isinstance(source, Path) or (source.source == "query" and name in self.path):
            self.path_parameter(function, name, annotation, source, default, text, target)
        elif isinstance(source, Body):
            self.body(function, name, annotation, source, default, target)
        elif isinstance(source, File) or upload is not None:
            self.file(function, name, annotation, source, default, target)
        elif text is not None:
            self.add_text(function, self.describe(name, annotation, source, default), text, target, name)
        elif fields_of(type_) is not None or fields_of(union_members(type_)[0]) is not None:
            self.spread(function, name, annotation, source, default, target)
        else:
            raise BindingError(
                function,
                f"parameter {name!r}: {annotation!r} cannot be read from the {source.source}; use a scalar, "
                "a list of scalars, or a type with fields",
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

    def describe(self, name: str, annotation: Any, source: Source, default: Any) -> Parameter:
        """Return the parameter as documents have it."""
        alias = source.alias or name
        if isinstance(source, Header) and source.alias is None and source.convert_underscores:
            alias = name.replace("_", "-")
        return Parameter(
            name=name,
            alias=alias,
            source=source.source,  # type: ignore[arg-type]
            annotation=annotation,
            required=default is NO_DEFAULT,
            default=default,
            title=source.title,
            description=source.description,
            examples=tuple(source.examples),
            deprecated=source.deprecated,
            include_in_schema=source.include_in_schema,
        )

    def path_parameter(
        self,
        function: Callable[..., Any],
        name: str,
        annotation: Any,
        source: Source,
        default: Any,
        text: TextType | None,
        target: int,
    ) -> None:
        path = Path(**vars(source)) if not isinstance(source, Path) else source
        alias = path.alias or name
        if alias not in self.path:
            known = ", ".join(sorted(self.path)) or "none"
            raise BindingError(function, f"parameter {name!r} is from the path, which has no {alias!r}; it has {known}")
        if default is not NO_DEFAULT:
            raise BindingError(function, f"parameter {name!r} is in the path, so its default is never used: remove it")
        if text is None or text.many:
            raise BindingError(function, f"parameter {name!r}: {annotation!r} cannot be read from the path")
        self.taken.add(alias)
        self.slots.append(text_slot(self.describe(name, annotation, path, default), text, target, name))

    def add_text(
        self,
        function: Callable[..., Any],
        parameter: Parameter,
        text: TextType,
        target: int,
        name: str,
        *,
        skip: bool = False,
    ) -> None:
        if self.kind == "websocket" and parameter.source in ("form", "file", "body"):
            raise BindingError(function, f"parameter {parameter.name!r}: a WebSocket has no {parameter.source}")
        slot = text_slot(parameter, text, target, name, skip=skip)
        (self.form if parameter.source in ("form", "file") else self.slots).append(slot)

    def file(
        self, function: Callable[..., Any], name: str, annotation: Any, source: Source, default: Any, target: int
    ) -> None:
        type_ = union_members(unwrap(annotation).type)[0]
        many = get_origin(type_) in (list, tuple)
        item = get_args(type_)[0] if many else type_
        file = source if isinstance(source, File) else File(**vars(source))
        if isinstance(item, type) and issubclass(item, UploadFile):
            self.add_text(
                function, self.describe(name, annotation, file, default), _UPLOADS._replace(many=many), target, name
            )
            return
        if item is not bytes:
            raise BindingError(function, f"parameter {name!r}: a file is an UploadFile or bytes, not {annotation!r}")
        # Its bytes are read by a dependency, since reading may have to wait for the disk.
        uploads = self.new_target()
        text = _UPLOADS._replace(many=many)
        self.add_text(function, self.describe(name, annotation, file, default), text, uploads, "upload")
        self.calls.append(Call(_read_files if many else _read_file, "async", uploads, ()))
        self.needs[target].append((name, len(self.calls) - 1))

    def spread(
        self, function: Callable[..., Any], name: str, annotation: Any, source: Source, default: Any, target: int
    ) -> None:
        """Take each field of a structured type from a part of the request."""
        member = union_members(unwrap(annotation).type)[0]
        try:
            decoder = TypedDecoder[Any](member)
        except TypeError as exc:
            raise BindingError(function, f"parameter {name!r}: {exc}") from exc
        fields = self.new_target()
        for field in fields_of(member) or ():
            own = _sources_in(unwrap(field.annotation).metadata)
            part: Source = own[0] if own else type(source)()
            inner = _plain_annotation(field.annotation, part)
            alias = part.alias or field.alias
            described = self.describe(alias, inner, part, NO_DEFAULT if field.required else field.default)
            described = _renamed(described, field.name, required=field.required)
            upload = _upload_kind(unwrap(inner).type)
            if upload is not None:
                raise BindingError(
                    function,
                    f"{_name(member)}.{field.name}: take a file as a parameter of the function, not as a field",
                )
            text = text_type(check_type(inner).type)
            if text is None:
                raise BindingError(
                    function,
                    f"{_name(member)}.{field.name} cannot be read from the {source.source}: {inner!r} is no "
                    "scalar or list of scalars",
                )
            self.add_text(function, described, text, fields, field.alias, skip=not field.required)
        location = source.source
        empty = default if default is not NO_DEFAULT or not is_optional(unwrap(annotation).type) else None
        # A client sends headers that no program lists.
        exact = location != "header" and forbids_unknown_fields(member)
        self.groups.append(Group(fields, target, name, decoder, location, empty, exact))

    def body(
        self, function: Callable[..., Any], name: str, annotation: Any, source: Body, default: Any, target: int
    ) -> None:
        if self.kind == "websocket":
            raise BindingError(function, f"parameter {name!r}: a WebSocket has no body; read it from its messages")
        type_, _ = unwrap(annotation)
        if type_ in (bytes, bytearray, memoryview):
            self.raw.append(("bytes", target, name, source))
            return
        try:
            decoder = TypedDecoder[Any](annotation)
        except (TypeError, NameError) as exc:
            raise BindingError(function, f"parameter {name!r} cannot be decoded from the body: {exc}") from exc
        if not _is_known(type_):
            raise BindingError(
                function,
                f"parameter {name!r}: {annotation!r} is neither in the path nor a type that a request can be "
                "read into; for a dependency write Annotated[..., Depends(function)]",
            )
        make_default: Callable[[], Any] | None = None
        if default is not NO_DEFAULT:
            copied = default.copy if isinstance(default, list | dict | set) else lambda: default  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            make_default = copied
        described = self.describe(name, decoder.type, source, default)
        self.members.append((Member(described, decoder, target, make_default), source))

    # -- the whole -----------------------------------------------------------------------------

    def plan(self) -> Plan:
        missing = self.path - self.taken
        if missing:
            name = sorted(missing)[0]
            raise BindingError(
                self.endpoint,
                f"nothing takes the path parameter {name!r}: add `{name}: str` to the function, or remove "
                "it from the path",
            )
        parameters: dict[tuple[str, str], Parameter] = {}
        for slot in self.slots:
            parameters.setdefault((slot.parameter.source, slot.key), slot.parameter)
        return Plan(
            tuple(self.calls),
            self.targets,
            self.before_reading(),
            tuple(self.provided),
            TextValues(self.slots, self.exact_parts()) if self.slots else None,
            tuple(self.groups),
            self.body_reader(),
            tuple(parameters.values()),
            self.result,
            frozenset(self.errors),
            self.instance,
        )

    def exact_parts(self) -> frozenset[str]:
        return frozenset(group.location for group in self.groups if group.exact)

    def before_reading(self) -> int:
        read = {slot.target for slot in (*self.slots, *self.form)} | {group.target for group in self.groups}
        read.update(member.target for member, _ in self.members)
        read.update(target for _, target, *_ in self.raw)
        read.update(target for target, _ in self.whole_form)
        needed = [call.target in read for call in self.calls[:-1]]
        return needed.index(True) if True in needed else len(needed)

    def body_reader(self) -> BodyReader | None:
        """Return what reads the body for all that take it."""
        has_form = bool(self.form or self.whole_form)
        if len(self.raw) + bool(self.members) + has_form > 1:
            takers = [f"{name!r}" for _, _, name, _ in self.raw]
            takers += [f"{member.parameter.name!r}" for member, _ in self.members]
            takers += [f"{slot.parameter.name!r}" for slot in self.form]
            takers += [f"{name!r}" for _, name in self.whole_form]
            raise BindingError(
                self.endpoint,
                f"the body cannot be all of {', '.join(takers)}: take it as data, as a form, as parts or as bytes",
            )
        if self.raw:
            kind, target, name, source = self.raw[0]
            if kind == "parts":
                return PartsReader(
                    RequestBody(kind="parts", annotation=PartStream, required=True, media_types=(MULTIPART,)),
                    target,
                    name,
                )
            media_types = (source.media_type or "*/*",)
            described = RequestBody(
                kind="bytes", annotation=bytes, required=True, media_types=media_types, description=source.description
            )
            return BytesReader(described, target, name)
        if has_form:
            return self.form_reader()
        return self.data_reader() if self.members else None

    def form_reader(self) -> FormReader:
        fields: dict[str, Parameter] = {}
        for slot in self.form:
            fields.setdefault(slot.parameter.alias, slot.parameter)
        has_files = any(slot.parameter.source == "file" for slot in self.form)
        if has_files:
            try:
                import python_multipart  # noqa: F401 # pyright: ignore[reportUnusedImport, reportMissingImports]
            except ImportError as exc:
                raise BindingError(
                    self.endpoint, "it takes files, which needs python-multipart: pip install armillary-binding[forms]"
                ) from exc
        described = RequestBody(
            kind="form",
            annotation=None,
            required=any(field.required for field in fields.values()),
            media_types=(MULTIPART,) if has_files else (FORM, MULTIPART),
            fields=tuple(fields.values()),
        )
        return FormReader(described, tuple(self.form), tuple(self.whole_form), "form" in self.exact_parts())

    def data_reader(self) -> DataReader:
        members = tuple(member for member, _ in self.members)
        first, source = self.members[0]
        embed = len(members) > 1 or source.embed
        names = [member.parameter.alias for member in members]
        if len({*names}) != len(names):
            raise BindingError(self.endpoint, f"two bodies are called {sorted(names)!r}; give one another alias")
        media_types = {item.media_type for _, item in self.members}
        if len(media_types) > 1:
            raise BindingError(
                self.endpoint, f"the body cannot have two media types: {sorted(map(str, media_types))!r}"
            )
        described = RequestBody(
            kind="data",
            annotation=None if embed else first.parameter.annotation,
            required=any(member.make_default is None for member in members),
            media_types=(JSON, MSGPACK) if source.media_type is None else (source.media_type,),
            embed=embed,
            fields=tuple(member.parameter for member in members) if embed else (),
            title=None if embed else source.title,
            description=None if embed else source.description,
            examples=() if embed else tuple(source.examples),
        )
        return DataReader(described, members, source.media_type)


def _as_source(item: Any) -> Source | None:
    if isinstance(item, Source):
        return item
    # The class alone, as in Annotated[str, Header].
    return item() if isinstance(item, type) and issubclass(item, Source) and item is not Source else None


def _sources_in(metadata: tuple[Any, ...]) -> list[Source]:
    return [source for item in metadata if (source := _as_source(item)) is not None]


def _plain_annotation(annotation: Any, source: Source | None) -> Any:
    """Return an annotation without the marker of the source, whose constraints join those of the type."""
    type_, metadata = unwrap(annotation)
    kept = [item for item in metadata if _as_source(item) is None]
    plain = Annotated[(type_, *kept)] if kept else type_
    constraints = source.constraints() if source is not None else {}
    try:
        checked = check_type(plain)
    except TypeError:  # of what is no data; what it is said of says so
        return plain
    if not constraints:
        return checked.type
    if checked.library == "pydantic":
        import pydantic

        return Annotated[plain, pydantic.Field(**constraints)]
    import msgspec

    # msgspec takes those of numbers and those of lengths one by one.
    lengths = {name: constraints.pop(name) for name in ("min_length", "max_length", "pattern") if name in constraints}
    metas = [msgspec.Meta(**group) for group in (constraints, lengths) if group]
    return check_type(Annotated[(plain, *metas)]).type


def _upload_kind(type_: Any) -> TextType | None:
    member = union_members(type_)[0]
    if get_origin(member) in (list, tuple) and get_args(member):
        member = get_args(member)[0]
    member = unwrap(member).type
    return _UPLOADS if isinstance(member, type) and issubclass(member, UploadFile) else None


def _is_known(type_: Any) -> bool:
    """Return whether a type is one that data can be decoded into, not just any class."""
    for member in union_members(type_):
        inner = unwrap(member).type
        base: Any = get_origin(inner) or inner
        if base is Any or base is Literal or base is Annotated or base in _CONTAINERS:
            continue
        if fields_of(inner) is None and text_type(inner) is None and not hasattr(base, "__get_pydantic_core_schema__"):
            return False
    return True


def _renamed(parameter: Parameter, name: str, *, required: bool) -> Parameter:
    from dataclasses import replace

    return replace(parameter, name=name, required=required)


def _name(type_: Any) -> str:
    return str(getattr(type_, "__qualname__", type_))


def _style(function: Callable[..., Any]) -> str:
    if isinstance(function, type):
        return "direct"
    is_function = inspect.isroutine(function) or isinstance(function, partial)
    inner: Any = cast(Any, function) if is_function else type(function).__call__
    if inspect.isasyncgenfunction(inner):
        return "async_generator"
    if inspect.isgeneratorfunction(inner):
        return "generator"
    return "async" if is_async_callable(function) else "thread"


def _by_position(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Return a function of keywords for one with positional-only parameters; async if that one is."""
    if is_async_callable(function):

        async def call_async(**arguments: Any) -> Any:
            return await function(*[arguments.pop(name) for name in names], **arguments)

        return call_async

    def call(**arguments: Any) -> Any:
        return function(*[arguments.pop(name) for name in names], **arguments)

    return call


async def _read_file(upload: UploadFile | None) -> bytes | None:
    return None if upload is None else await upload.read()


async def _read_files(upload: list[UploadFile]) -> list[bytes]:
    return [await item.read() for item in upload]

"""Which of the readers reads the body of a request, worked out when the endpoint is constructed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armillary.http import PartStream
from armillary.serialization import union_members, unwrap

from ._body import (
    FORM,
    JSON,
    MSGPACK,
    MULTIPART,
    BodyReader,
    BytesReader,
    DataReader,
    FormReader,
    PartsReader,
    TextReader,
    is_json,
)
from ._place import BindingError
from ._request_parts import RequestParts
from ._signature import Parameter, RequestBody


def body_reader(endpoint: Callable[..., Any], parts: RequestParts) -> BodyReader | None:
    """Return what reads the body for all that take it; None if nothing does.

    Raises:
        BindingError: it cannot be all that is asked of it.
    """
    has_form = bool(parts.form or parts.whole_form)
    if len(parts.raw) + bool(parts.members) + has_form > 1:
        takers = [f"{raw.name!r}" for raw in parts.raw]
        takers += [f"{member.parameter.name!r}" for member, _ in parts.members]
        takers += [f"{slot.parameter.name!r}" for slot in parts.form]
        takers += [f"{name!r}" for _, name in parts.whole_form]
        raise BindingError(
            endpoint,
            f"the body cannot be all of {', '.join(takers)}: take it as data, as a form, as parts or as bytes",
        )
    if parts.raw:
        raw = parts.raw[0]
        if raw.kind == "parts":
            return PartsReader(
                RequestBody(kind="parts", annotation=PartStream, required=True, media_types=(MULTIPART,)),
                raw.target,
                raw.name,
            )
        source = raw.source
        media_types = (source.media_type or "*/*",)
        described = RequestBody(
            kind="bytes",
            annotation=bytes,
            required=raw.make_default is None,
            media_types=media_types,
            description=source.description,
        )
        return BytesReader(described, raw)
    if has_form:
        return _form_reader(endpoint, parts)
    return _data_reader(endpoint, parts) if parts.members else None


def _form_reader(endpoint: Callable[..., Any], parts: RequestParts) -> FormReader:
    fields: dict[str, Parameter] = {}
    for slot in parts.form:
        fields.setdefault(slot.parameter.alias, slot.parameter)
    has_files = any(slot.parameter.source == "file" for slot in parts.form)
    if has_files:
        try:
            import python_multipart  # noqa: F401 # pyright: ignore[reportUnusedImport, reportMissingImports]
        except ImportError as exc:
            raise BindingError(
                endpoint, "it takes files, which needs python-multipart: pip install armillary-binding[forms]"
            ) from exc
    # A form without its files is sent as any other form is.
    needs_files = any(field.required for field in fields.values() if field.source == "file")
    described = RequestBody(
        kind="form",
        annotation=None,
        required=any(field.required for field in fields.values()),
        media_types=(MULTIPART,) if needs_files else (MULTIPART, FORM) if has_files else (FORM, MULTIPART),
        fields=tuple(fields.values()),
    )
    return FormReader(described, tuple(parts.form), tuple(parts.whole_form), "form" in parts.exact())


def _data_reader(endpoint: Callable[..., Any], parts: RequestParts) -> BodyReader:
    members = tuple(member for member, _ in parts.members)
    first, source = parts.members[0]
    embed = len(members) > 1 or source.embed
    names = [member.parameter.alias for member in members]
    if len({*names}) != len(names):
        raise BindingError(endpoint, f"two bodies are called {sorted(names)!r}; give one another alias")
    media_types = {item.media_type for _, item in parts.members}
    if len(media_types) > 1:
        raise BindingError(endpoint, f"the body cannot have two media types: {sorted(map(str, media_types))!r}")
    is_text = source.media_type is not None and not is_json(source.media_type)
    kinds = [unwrap(member).type for member in union_members(unwrap(first.parameter.annotation).type)]
    if is_text and (embed or kinds != [str]):
        raise BindingError(endpoint, f"{source.media_type} is not JSON: take it as `str` or `bytes`, not as data")
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
    return TextReader(described, first) if is_text else DataReader(described, members, source.media_type)

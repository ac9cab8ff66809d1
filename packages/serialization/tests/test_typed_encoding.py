"""Values encoded by their declared type."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pydantic
import pytest

from armillary.serialization import TypedDecoder, TypedEncoder


@dataclass
class Point:
    x: int
    label: str | None = None
    weight: int = 1
    tags: list[str] = field(default_factory=list)


@dataclass
class Line:
    start: Point
    ends: list[Point] = field(default_factory=list)


@dataclass
class Base:
    kind: str = "base"


@dataclass
class Derived(Base):
    size: int = 0


# msgspec leaves defaults to the class when it makes a dataclass, and encodes only what the instance has.
@pytest.mark.parametrize("method", ["encode_json", "encode_msgpack"])
def test_defaults_that_a_decoded_dataclass_has_are_encoded(method: str) -> None:
    point = TypedDecoder(Point).decode_json(b'{"x": 1}')
    whole: dict[str, object] = {"x": 1, "label": None, "weight": 1, "tags": []}
    assert _decoded(method, Point, point) == whole
    assert _decoded(method, list[Point], [point]) == [whole]
    assert _decoded(method, Point | None, point) == whole
    line = TypedDecoder(Line).decode_json(b'{"start": {"x": 1}, "ends": [{"x": 1}]}')
    assert _decoded(method, Line, line) == {"start": whole, "ends": [whole]}


def test_defaults_of_the_bases_of_a_decoded_dataclass_are_encoded() -> None:
    assert _decoded("encode_json", Derived, TypedDecoder(Derived).decode_json(b"{}")) == {"kind": "base", "size": 0}


def test_a_dataclass_with_slots_is_encoded_whole() -> None:
    @dataclass(slots=True)
    class Slotted:
        x: int
        label: str | None = None

    assert _decoded("encode_json", Slotted, Slotted(1)) == {"x": 1, "label": None}


def _decoded(method: str, type_: object, value: object) -> object:
    import msgspec

    encoded: bytes = getattr(TypedEncoder(type_), method)(value)
    return json.loads(encoded) if method == "encode_json" else msgspec.msgpack.decode(encoded)


class Model(pydantic.BaseModel):
    label: str


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (str, "a\ud800b", "a\ufffdb"),
        (dict[str, str], {"a\ud800": "b\udfff"}, {"a\ufffd": "b\ufffd"}),
        (list[Point], [Point(1, "\ud800")], [{"x": 1, "label": "\ufffd", "weight": 1, "tags": []}]),
        (Model, Model.model_construct(label="\ud800"), {"label": "\ufffd"}),
        (list[Model], [Model.model_construct(label="\ud800")], [{"label": "\ufffd"}]),
    ],
    ids=["text", "names", "dataclass", "model", "list of models"],
)
def test_a_lone_surrogate_is_encoded_as_the_replacement_character(type_: Any, value: Any, expected: Any) -> None:
    encoder = TypedEncoder(type_)
    assert json.loads(encoder.encode_json(value)) == expected
    assert msgspec.msgpack.decode(encoder.encode_msgpack(value)) == expected


def test_bytes_and_dates_beside_a_lone_surrogate_are_encoded_as_ever() -> None:
    class Row(msgspec.Struct):
        text: str
        data: bytes
        at: datetime

    at = datetime(2030, 1, 2, tzinfo=UTC)
    encoder = TypedEncoder(Row)
    for method, decode in (("encode_json", msgspec.json.decode), ("encode_msgpack", msgspec.msgpack.decode)):
        usual, odd = (decode(getattr(encoder, method)(Row(text, b"\x00\xff", at))) for text in ("\ufffd", "\ud800"))
        assert odd == usual


def test_a_model_that_cannot_be_encoded_is_still_a_value_error() -> None:
    class Odd(pydantic.BaseModel):
        value: Any

    with pytest.raises(ValueError, match="Unable to serialize unknown type"):
        TypedEncoder(Odd).encode_json(Odd(value=object()))


class Aliased(pydantic.BaseModel):
    label: str = pydantic.Field(serialization_alias="shown")
    inner: list[Model] = pydantic.Field(default=[], alias="rows")


@pytest.mark.parametrize("label", ["a", "\ud800"])
def test_a_model_is_encoded_under_its_aliases_in_every_format(label: str) -> None:
    value = Aliased.model_construct(label=label, inner=[Model(label="b")])
    encoder = TypedEncoder(Aliased)
    expected = {"shown": "a" if label == "a" else "\ufffd", "rows": [{"label": "b"}]}
    assert json.loads(encoder.encode_json(value)) == expected
    assert msgspec.msgpack.decode(encoder.encode_msgpack(value)) == expected


def test_what_is_encoded_already_stays_so_beside_a_lone_surrogate() -> None:
    class Row(msgspec.Struct):
        text: str
        part: Any

    encoder = TypedEncoder(Row)
    raw = msgspec.Raw(b'[1.00, {"a": 2}]')
    assert encoder.encode_json(Row("\ud800", raw)) == '{"text":"\ufffd","part":[1.00, {"a": 2}]}'.encode()
    for part, decoded in (
        (msgspec.Raw(b"\x93\x01\x02\x03"), [1, 2, 3]),
        (msgspec.msgpack.Ext(5, b"x"), msgspec.msgpack.Ext(5, b"x")),
    ):
        encoded = encoder.encode_msgpack(Row("\ud800", [part]))
        assert msgspec.msgpack.decode(encoded) == {"text": "\ufffd", "part": [decoded]}
    with pytest.raises(TypeError, match="Ext"):
        encoder.encode_json(Row("\ud800", msgspec.msgpack.Ext(5, b"x")))

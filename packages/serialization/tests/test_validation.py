from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
import pydantic
import pytest

from armillary.serialization import TypedDecoder, TypedEncoder, ValidationError, validate


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


class Planet(pydantic.BaseModel):
    name: str
    moons: int


@dataclass
class Comet:
    name: str


@pytest.mark.parametrize("type_", [Star, Comet])
def test_a_struct_or_dataclass_is_made_by_msgspec(type_: Any) -> None:
    assert validate({"name": "Vega"}, type_) == type_("Vega")


def test_a_model_is_made_by_pydantic_also_inside_another_type() -> None:
    assert validate([{"name": "Mars", "moons": 2}], list[Planet]) == [Planet(name="Mars", moons=2)]


def test_every_place_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        validate({"moons": "many"}, Planet)
    assert [error["path"] for error in caught.value.errors] == ["$.name", "$.moons"]
    assert caught.value.status_code == 422


def test_the_place_in_a_list_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        validate([{"name": "Vega"}, {"name": 1}], list[Star])
    assert caught.value.errors[0]["path"] == "$[1].name"


def test_a_lone_surrogate_that_msgspec_cannot_convert_does_not_fit() -> None:
    with pytest.raises(ValidationError) as caught:
        validate({"\ud800": 1}, dict[int, int])
    assert caught.value.errors[0]["path"] == "$"


def test_without_either_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(TypeError, match=r"pip install armillary-serialization\[msgspec\]"):
        validate({}, dict[str, tuple[int, str]])  # not compiled before


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    names: dict[str, set[int]]


DISCRIMINATED = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]


class Card(pydantic.BaseModel):
    kind: Literal["card"]
    amount: int
    card: Planet


PAYMENT = Annotated[Card | Cat, pydantic.Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("type_", "value", "pointers"),
    [
        (DISCRIMINATED, {"kind": "cat"}, ["/lives"]),
        (list[DISCRIMINATED], [{"kind": "cat", "lives": "x"}], ["/0/lives"]),
        (dict[str, DISCRIMINATED], {"a/b": {"kind": "dog", "names": {"x": [1, "y"]}}}, ["/a~1b/names/x/1"]),
        (Cat | Dog, {"kind": "dog"}, ["/kind", "/lives", "/names"]),
        (dict[int, Planet], {"x": {"name": "a", "moons": 1}, "1": {"name": "b"}}, ["/x", "/1/moons"]),
        (tuple[Planet, ...], [3], ["/0"]),
        # What a member of a union is called may be a key of what was sent, too.
        (PAYMENT, {"kind": "card", "amount": "x", "card": {"name": "a"}}, ["/amount", "/card/moons"]),
        (PAYMENT, {"kind": "card", "card": {"name": "a", "moons": 1}}, ["/amount"]),
        (dict[str, int | Planet], {"a": {"int": 1, "name": "b", "moons": 2.5}}, ["/a", "/a/moons"]),
        (Planet, 3, [""]),
    ],
)
def test_the_pointers_of_pydantics_errors_lead_through_what_was_sent(
    type_: Any, value: Any, pointers: list[str]
) -> None:
    with pytest.raises(ValidationError) as of_value:
        validate(value, type_)
    with pytest.raises(ValidationError) as of_text:
        TypedDecoder(type_).decode_json(json.dumps(value).encode())
    for caught in (of_value, of_text):
        assert [error["pointer"] for error in caught.value.errors] == pointers


def test_a_union_that_msgspec_cannot_discriminate_is_an_error_with_the_fix() -> None:
    @dataclass
    class Meteor:
        name: str

    with pytest.raises(TypeError, match=r"may not contain more than one .* give structs tags, or write models of"):
        TypedDecoder(Comet | Meteor)


def test_a_type_that_pydantic_cannot_encode_is_an_error() -> None:
    class Unknown: ...

    with pytest.raises(TypeError, match=r"pydantic cannot encode .*Unable to generate pydantic-core schema") as caught:
        TypedEncoder(Planet | Unknown)
    assert "\n" not in str(caught.value)


def test_pydantic_takes_what_msgspec_would_if_msgspec_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    assert validate({"a": 1}, dict[str, int]) == {"a": 1}


def test_a_constraint_on_an_optional_field_is_an_error_with_its_place() -> None:
    class Comment(msgspec.Struct):
        text: Annotated[str, msgspec.Meta(min_length=2)] | None = None
        stars: list[Annotated[int, msgspec.Meta(ge=1)] | None] = []

    with pytest.raises(ValidationError) as caught:
        validate({"text": "a", "stars": [1, None, 0]}, Comment)
    assert [error["pointer"] for error in caught.value.errors] == ["/text", "/stars/2"]


def test_a_constraint_on_a_union_is_on_the_members_that_can_have_it() -> None:
    kind = Annotated[int | list[int] | None, msgspec.Meta(ge=1), msgspec.Meta(max_length=2)]
    assert [validate(value, kind) for value in (None, 1, [1, 2])] == [None, 1, [1, 2]]
    for value in (0, [1, 2, 3]):
        with pytest.raises(ValidationError):
            validate(value, kind)


class Cat(msgspec.Struct, tag="cat"):
    name: str


class Dog(msgspec.Struct, tag="dog"):
    ages: dict[str, int]


def test_the_place_inside_a_member_of_a_union_is_named() -> None:
    body = b'[{"type": "cow"}, {"type": "cat", "name": 1}, {}, {"type": "dog", "ages": {"a": "x"}}]'
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](list[Cat | Dog]).decode_json(body)
    assert [(error["pointer"], error["kind"]) for error in caught.value.errors] == [
        ("/0/type", "string"),
        ("/1/name", "number"),
        ("/2/type", "missing"),
        ("/3/ages", "object"),
    ]


class Host(msgspec.Struct):
    address: IPv4Address
    folder: Path = Path("/srv")


def test_paths_and_addresses_are_texts_in_json() -> None:
    decoder = TypedDecoder(Host)
    host = decoder.decode_json(b'{"address": "192.0.2.1", "folder": "/a"}')
    assert (
        host == decoder.convert({"address": "192.0.2.1", "folder": "/a"}) == Host(IPv4Address("192.0.2.1"), Path("/a"))
    )
    assert TypedEncoder(Host).encode_json(host) == b'{"address":"192.0.2.1","folder":"/a"}'
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](list[Host]).decode_json(b'[{"address": "192.0.2"}, {"address": 1}]')
    assert [(error["pointer"], error["message"]) for error in caught.value.errors] == [
        ("/0/address", "Expected the text of an `IPv4Address`"),
        ("/1/address", "Expected `IPv4Address`, got `int`"),
    ]


def test_a_wrong_key_is_named_with_its_object() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](dict[str, dict[int, int]]).decode_json(b'{"a": {"b": 1}}')
    error = caught.value.errors[0]
    assert "as a key" in error["message"]
    assert "`" not in error["path"]


class Unknown:
    pass


class Holder(msgspec.Struct):
    held: list[Unknown] = []


@pytest.mark.parametrize("type_", [Unknown, Holder, dict[str, complex], tuple[int, type]])
def test_a_class_that_json_cannot_be_read_into_is_an_error_at_construction(type_: Any) -> None:
    with pytest.raises(TypeError, match=r"JSON cannot be read into (Unknown|complex|type)"):
        TypedDecoder(type_)


def test_a_decoder_of_many_types_that_share_others_is_made_by_looking_at_each_once() -> None:
    kind: Any = int
    for level in range(30):
        kind = msgspec.defstruct(f"Level{level}", [("one", kind), ("other", kind)])
    assert TypedDecoder(kind).library == "msgspec"  # looked at once for each use, it would never end


def test_a_message_does_not_repeat_ten_thousand_characters() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](Literal["a", "b"]).convert("x" * 10_000)
    message = caught.value.errors[0]["message"]
    assert len(message) < 400
    assert message.endswith("… (10,021 characters)")


Held = TypeVar("Held")


@dataclass
class Box(Generic[Held]):
    held: list[Held]
    weight: Annotated[int, msgspec.Meta(ge=1)] = 1


def test_a_generic_type_of_what_has_metadata_that_cannot_be_hashed_is_checked() -> None:
    kind = Box[Box[Annotated[int, {"unhashable": []}]]]
    assert validate({"held": [{"held": [2]}]}, kind) == Box([Box([2])])
    with pytest.raises(ValidationError) as caught:
        validate({"held": [{"held": [2], "weight": 0}]}, kind)
    assert [error["pointer"] for error in caught.value.errors] == ["/held/0/weight"]


def test_an_alias_that_names_itself_is_an_error_that_says_what_to_write() -> None:
    class TypeAliasType:  # as the statement `type Tree = dict[str, Tree] | int` makes one
        @property
        def __value__(self) -> Any:
            return dict[str, self] | int  # type: ignore[valid-type]

    with pytest.raises(TypeError, match=r"is an alias that names itself.*write a class"):
        TypedDecoder[Any](TypeAliasType())

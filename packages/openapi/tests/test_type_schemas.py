"""Schemas of Python types, each valid and the one that the libraries' own values match."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import uuid
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import jsonschema
import msgspec
import pydantic
import pytest
from annotated_types import Ge, Interval, Len, Lt, MultipleOf
from typing_extensions import Doc, TypeAliasType

from armillary.openapi.schemas._components import Components
from armillary.openapi.schemas._type_schemas import TypeSchemas

T = TypeVar("T")


class Star(msgspec.Struct):
    """A star."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20, description="Its name.", examples=["Vega"])]
    magnitude: float = 0.0
    id: Annotated[int, msgspec.Meta(extra_json_schema={"readOnly": True})] = 0


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    total: Annotated[int, Ge(0)]


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    breed: str


class Tree(msgspec.Struct):
    children: list[Tree] = []


class Sparse(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    first_name: str = ""
    last_name: str | msgspec.UnsetType = msgspec.UNSET


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Measured(Generic[T]):
    value: Annotated[int, Interval(gt=0, le=10)]
    unit: T
    note: Annotated[str | None, Len(1, 3)] = None


class Options(TypedDict, total=False):
    color: Color
    size: NotRequired[int]


class Point(NamedTuple):
    x: int
    y: int = 0


@attrs.define
class Crate:
    label: str
    items: list[int] = attrs.field(factory=list)


class Model(pydantic.BaseModel):
    number: int = pydantic.Field(ge=1, description="Counted from one.")
    parent: Model | None = None
    at: datetime.datetime | None = None


class Kitten(pydantic.BaseModel):
    kind: Literal["kitten"]


class Puppy(pydantic.BaseModel):
    kind: Literal["puppy"]


Positive = NewType("Positive", int)
Nested = TypeAliasType("Nested", "dict[str, Nested] | int")


def described(*annotations: Any, mode: Any = "output", **arguments: Any) -> dict[str, Any]:
    components = Components(**arguments)
    types = TypeSchemas(components)
    document = {f"{position}": types.schema(annotation, mode) for position, annotation in enumerate(annotations)}
    return components.finish(document)


def alone(annotation: Any, mode: Any = "output") -> Any:
    return described(annotation, mode=mode)["0"]


def components_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, {"type": "integer"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (Any, {}),
        (Positive, {"type": "integer"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (decimal.Decimal, {"type": "string", "format": "decimal"}),
        (pathlib.Path, {"type": "string", "format": "path"}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (set[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Literal["si", "cgs"], {"type": "string", "enum": ["si", "cgs"]}),
        (Literal["si"], {"type": "string", "const": "si"}),
        (Annotated[float, MultipleOf(0.5)], {"type": "number", "multipleOf": 0.5}),
        (
            Annotated[list[int], Len(1, 2)],
            {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
        ),
        (Annotated[str, pydantic.StringConstraints(pattern="^a")], {"type": "string", "pattern": "^a"}),
        (Annotated[int, pydantic.Field(gt=3, title="N")], {"type": "integer", "exclusiveMinimum": 3, "title": "N"}),
        (Annotated[int, Doc("Counted.")], {"type": "integer", "description": "Counted."}),
        (Annotated[str, msgspec.Meta(extra_json_schema={"format": "email"})], {"type": "string", "format": "email"}),
    ],
)
def test_a_type_has_the_schema_of_its_values(annotation: Any, expected: dict[str, Any]) -> None:
    assert alone(annotation) == expected


def test_a_decimal_is_read_from_numbers_too_with_the_bounds_of_these() -> None:
    text = {"type": "string", "format": "decimal"}
    bounds = (Ge(decimal.Decimal("0.5")), Lt(decimal.Decimal(10)))
    received = {"anyOf": [{"type": "number", "minimum": 0.5, "exclusiveMaximum": 10}, text]}
    assert alone(Annotated[decimal.Decimal, *bounds], mode="input") == received
    assert alone(Annotated[decimal.Decimal, *bounds]) == text


def test_a_fixed_tuple_has_a_schema_for_each_place() -> None:
    expected = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2}
    assert alone(tuple[int, str]) == expected


def test_members_of_a_struct_keep_what_their_metadata_says() -> None:
    star = components_of(described(Star, mode="input"))["Star"]
    assert star["description"] == "A star."
    assert star["required"] == ["name"]
    name = {"type": "string", "minLength": 1, "maxLength": 20, "description": "Its name.", "examples": ["Vega"]}
    assert star["properties"]["name"] == name
    assert star["properties"]["id"] == {"type": "integer", "readOnly": True, "default": 0}


def test_what_is_sent_always_has_its_defaults_and_gets_a_component_of_its_own() -> None:
    components = Components()
    types = TypeSchemas(components)
    document = components.finish({"in": types.schema(Page[Star], "input"), "out": types.schema(Page[Star], "output")})
    schemas = components_of(document)
    assert sorted(schemas) == ["Page_Star_", "Page_Star_Input", "Star", "StarInput"]
    assert schemas["StarInput"]["required"] == ["name"]
    assert schemas["Star"]["required"] == ["name", "magnitude", "id"]
    assert schemas["Page_Star_Input"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/StarInput"}
    assert schemas["Page_Star_"]["properties"]["total"] == {"type": "integer", "minimum": 0}


def test_one_component_for_both_ways_if_that_is_wanted_or_they_are_alike() -> None:
    for separate, annotation in ((False, Star), (True, Cat)):
        components = Components(separate)
        types = TypeSchemas(components)
        both = {"in": types.schema(annotation, "input"), "out": types.schema(annotation, "output")}
        document = components.finish(both)
        assert document["in"] == document["out"] == {"$ref": f"#/components/schemas/{annotation.__name__}"}


def test_tagged_structs_have_a_discriminator() -> None:
    document = described(Cat | Dog | None)
    union = document["0"]["anyOf"][0]
    mapping = {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}
    assert union["discriminator"] == {"propertyName": "type", "mapping": mapping}
    assert components_of(document)["Cat"]["required"] == ["type", "lives"]
    jsonschema.validate(json.loads(msgspec.json.encode(Dog("pug"))), {**document["0"], **document})


def test_pydantic_models_are_described_by_pydantic_among_the_same_components() -> None:
    document = described(list[Model], Annotated[Kitten | Puppy, pydantic.Field(discriminator="kind")])
    schemas = components_of(document)
    assert document["0"] == {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}
    assert schemas["Model"]["properties"]["number"]["minimum"] == 1
    mapping = {"kitten": "#/components/schemas/Kitten", "puppy": "#/components/schemas/Puppy"}
    assert document["1"]["discriminator"] == {"propertyName": "kind", "mapping": mapping}


def test_a_model_that_is_the_same_both_ways_has_one_component() -> None:
    components = Components()
    types = TypeSchemas(components)
    document = components.finish({"in": types.schema(Model, "input"), "out": types.schema(Model, "output")})
    assert sorted(components_of(document)) == ["Model"]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Star, Star("Vega", 0.03)),
        (Page[Star], Page([Star("Vega")], 1)),
        (Tree, Tree([Tree(), Tree([Tree()])])),
        (Sparse, Sparse("Ada")),
        (Measured[Color], Measured(3, Color.RED, "ok")),
        (Options, {"color": Color.BLUE}),
        (Point, Point(1)),
        (Crate, Crate("a", [1])),
        (dict[Color, datetime.datetime], {Color.RED: datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}),
        (Nested, {"a": {"b": 1}}),
    ],
)
def test_what_msgspec_sends_matches_the_schema(annotation: Any, value: Any) -> None:
    document = described(annotation)
    schema = {**document["0"], "components": document.get("components", {})}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(msgspec.json.encode(value)), schema)


def test_what_a_struct_leaves_out_is_not_required() -> None:
    sparse = components_of(described(Sparse))["Sparse"]
    assert "required" not in sparse
    assert list(sparse["properties"]) == ["firstName", "lastName"]
    assert sparse["properties"]["lastName"] == {"type": "string"}
    assert sparse["additionalProperties"] is False


def test_two_types_of_one_name_have_their_modules_in_it() -> None:
    other = msgspec.defstruct("Star", [("x", int)], module="elsewhere.stars")
    assert set(components_of(described(Star, other))) == {f"{__name__}.Star", "elsewhere.stars.Star"}


def test_a_class_without_a_schema_is_an_error_that_names_the_fix() -> None:
    class Opaque:
        pass

    with pytest.raises(TypeError, match=r"Opaque has no JSON schema; give it one by types=\{Opaque: \{\.\.\.\}\}"):
        alone(Opaque)
    assert TypeSchemas(Components(), {Opaque: {"type": "string"}}).schema(Opaque, "input") == {"type": "string"}


def test_an_annotation_that_does_not_resolve_is_named() -> None:
    @dataclasses.dataclass
    class Lost:
        value: Missing  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

    with pytest.raises(TypeError, match="the annotation 'Missing' does not resolve; import it at run time"):
        alone(Lost)

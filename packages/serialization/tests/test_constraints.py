"""Constraints: honoured wherever they are written, or rejected when the decoder is made; never ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import make_dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypedDict
from uuid import UUID

import annotated_types
import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given, settings, strategies as st

from armillary.serialization import TypedDecoder, ValidationError, check_type

V1, V4 = "d9f1c8a0-cdfe-11f0-8de9-0242ac120002", "9b2f3c1e-4a7d-4e0b-9c2a-1f2e3d4c5b6a"
ONE_DAY = timedelta(days=1)


class Band(Enum):
    RED = "red"
    BLUE = "blue"


HONOURED = [
    (Decimal, [annotated_types.Gt(1)], "1.01", "1"),
    (Decimal, [annotated_types.Interval(ge=1, le=Decimal("2.5"))], "2.5", "2.51"),
    (Decimal, [pydantic.Field(lt=1.5)], "1.49", "1.5"),
    (Decimal, [pydantic.Field(multiple_of=Decimal("0.5"))], "1.5", "1.6"),
    (Decimal, [pydantic.Field(multiple_of=0.1)], "0.3", "0.31"),
    (Decimal, [pydantic.Field(max_digits=3)], "1.23", "1.234"),
    (Decimal, [pydantic.Field(decimal_places=2)], "1.23", "1.234"),
    (date, [annotated_types.Ge(date(2026, 1, 1))], "2026-01-01", "2025-12-31"),
    (datetime, [pydantic.Field(lt=datetime(2026, 1, 1))], "2025-12-31T00:00:00", "2026-01-01T00:00:00"),
    (datetime, [annotated_types.Timezone(...)], "2026-01-01T00:00:00Z", "2026-01-01T00:00:00"),
    (datetime, [annotated_types.Timezone(None)], "2026-01-01T00:00:00", "2026-01-01T00:00:00Z"),
    (datetime, [annotated_types.Timezone(timezone.utc)], "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00"),  # noqa: UP017
    (datetime, [annotated_types.Timezone("Europe/Paris")], "2026-07-01T00:00:00+02:00", "2026-01-01T00:00:00+02:00"),
    (time, [annotated_types.Le(time(12))], "12:00:00", "12:00:01"),
    (timedelta, [annotated_types.Lt(ONE_DAY)], "PT23H", "P1D"),
    (timedelta, [annotated_types.MultipleOf(timedelta(hours=1))], "PT23H", "PT1M"),
    (UUID, [pydantic.types.UuidVersion(4)], V4, V1),
    (UUID, [annotated_types.Predicate(lambda value: value.version == 4)], V4, V1),
    (Band, [annotated_types.Predicate(lambda value: value is Band.RED)], "red", "blue"),
    (str, [annotated_types.Len(2, 3)], "ab", "abcd"),
    (str, [annotated_types.Predicate(str.islower)], "ab", "Ab"),
    (str, [pydantic.StringConstraints(min_length=2, pattern="^a")], "ab", "bb"),
    (int, [annotated_types.Ge(1), annotated_types.Lt(2**70)], 1, 2**70),
    (float, [annotated_types.MultipleOf(0.1)], 0.3, 0.35),
]
IDS = [f"{base.__name__}-{number}" for number, (base, *_) in enumerate(HONOURED)]


def shapes(annotation: Any) -> Iterator[tuple[Any, Any]]:
    """Yield types around an annotation, each with what a value of it is around one of the annotation."""
    yield annotation, lambda value: value
    yield list[annotation], lambda value: [value]
    yield dict[str, tuple[annotation, int]], lambda value: {"a": [value, 1]}
    yield annotation | None, lambda value: value
    for kind in (
        msgspec.defstruct("Struct", [("inner", annotation)], rename="upper"),
        make_dataclass("Data", [("INNER", annotation)]),
        TypedDict("Keys", {"INNER": annotation}),  # type: ignore[operator]
        attrs.make_class("Attributes", {"INNER": attrs.field(type=annotation)}),
    ):
        yield list[kind], lambda value: [{"INNER": value}]
        yield make_dataclass("Outer", [("x", kind)]), lambda value: {"x": {"INNER": value}}


@pytest.mark.parametrize(("base", "metadata", "good", "bad"), HONOURED, ids=IDS)
def test_one_is_checked_in_every_place_a_type_can_be(base: Any, metadata: list[Any], good: Any, bad: Any) -> None:
    for type_, around in shapes(Annotated[(base, *metadata)]):
        decoder = TypedDecoder[Any](type_)
        assert decoder.library == "msgspec"
        decoder.decode_json(json.dumps(around(good)).encode())
        for decode in (decoder.convert, lambda value, by=decoder: by.decode_json(json.dumps(value).encode())):
            with pytest.raises(ValidationError) as caught:
                decode(around(bad))
            assert len(caught.value.errors) == 1
            assert caught.value.errors[0]["message"].startswith("Expected ")


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[UUID, annotated_types.Ge(3)], "ge=3 cannot be checked of UUID"),
        (Annotated[bool, annotated_types.Ge(1)], "ge=1 cannot be checked of bool"),
        (Annotated[Band, annotated_types.MinLen(1)], "min_length=1 cannot be checked of Band"),
        (Annotated[date, annotated_types.Ge(2026)], "ge=2026 cannot be checked of date"),
        (Annotated[int, annotated_types.Timezone(...)], "tz=True cannot be checked of int"),
        (
            msgspec.defstruct("A", [("x", Annotated[str, annotated_types.Ge(1)])]),
            "ge=1 of A.x cannot be checked of str",
        ),
        (
            msgspec.defstruct("B", [("x", Annotated[Decimal, msgspec.Meta(ge=1)])]),
            r"ge=1 of B.x is not checked by msgspec: .* annotated_types.Ge\(1\)",
        ),
        (msgspec.defstruct("C", [("x", Annotated[int, pydantic.Strict()])]), "strict=True of C.x is pydantic's alone"),
        (msgspec.defstruct("D", [("x", Annotated[int, pydantic.Field(alias="y")])]), "alias='y' of D.x is pydantic's"),
        (Annotated[int, pydantic.Field(alias="y")], "alias='y' is of a field of a class"),
    ],
)
def test_one_that_nobody_would_check_is_rejected_when_the_decoder_is_made(annotation: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        TypedDecoder(annotation)


@pytest.mark.parametrize(
    ("item", "sent", "made"),
    [
        (pydantic.StringConstraints(strip_whitespace=True, max_length=2), " ab ", "ab"),
        (pydantic.StringConstraints(to_upper=True), "ab", "AB"),
        (pydantic.AfterValidator(str.title), "ab", "Ab"),
    ],
)
def test_what_pydantic_alone_can_do_is_done_by_pydantic(item: Any, sent: str, made: str) -> None:
    annotation = Annotated[str, item]
    assert TypedDecoder[Any](list[annotation]).decode_json(json.dumps([sent]).encode()) == [made]
    data = make_dataclass("Data", [("x", annotation)])
    assert TypedDecoder[Any](data).convert({"x": sent}) == data(made)


def test_what_pydantic_cannot_validate_either_is_an_error_at_construction() -> None:
    class_ = attrs.make_class("Attributes", {"x": attrs.field(type=Annotated[str, pydantic.AfterValidator(str.title)])})
    with pytest.raises(TypeError, match=r"pydantic cannot validate .*Attributes"):
        TypedDecoder(class_)


class Offer(msgspec.Struct):
    price: Annotated[Decimal, annotated_types.Gt(0)] = Decimal(0)
    tags: Annotated[list[str], annotated_types.MinLen(1)] = msgspec.field(default_factory=list)
    parent: Offer | None = None


def test_a_default_is_not_checked_and_what_is_sent_is() -> None:
    decoder = TypedDecoder(Offer)
    assert decoder.decode_json(b'{"parent": {}}') == Offer(parent=Offer()) == decoder.convert({"parent": {}})
    with pytest.raises(ValidationError) as caught:
        decoder.decode_json(b'{"tags": [], "parent": {"price": "-1", "parent": {"price": 0}}}')
    assert [error["pointer"] for error in caught.value.errors] == ["/tags", "/parent/price", "/parent/parent/price"]


def test_errors_of_constraints_and_of_types_are_reported_together() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](list[Offer]).decode_json(b'[{"price": "-1"}, {"price": true}]')
    assert [error["pointer"] for error in caught.value.errors] == ["/0/price", "/1/price"]


def test_each_member_of_a_union_is_checked_by_what_it_can_have() -> None:
    decoder = TypedDecoder[Any](
        Annotated[Decimal | list[Decimal] | None, annotated_types.Ge(1), annotated_types.MinLen(1)]
    )
    assert [decoder.convert(value) for value in (None, "1", ["0"])] == [None, Decimal(1), [Decimal(0)]]
    for value in ("0", []):
        with pytest.raises(ValidationError):
            decoder.convert(value)


def test_a_time_with_a_zone_is_not_within_bounds_without_one() -> None:
    bound = datetime(2026, 1, 1)
    with pytest.raises(ValidationError, match="Expected `datetime` >= 2026-01-01"):
        TypedDecoder[Any](Annotated[datetime, annotated_types.Ge(bound)]).convert("2026-02-01T00:00:00Z")


def test_an_error_of_a_predicate_is_the_program_s_and_a_rejection_the_client_s() -> None:
    def wrong(value: int) -> bool:
        raise {1: KeyError, 2: ValueError}[value]

    decoder = TypedDecoder[Any](Annotated[int, annotated_types.Predicate(wrong)])
    with pytest.raises(KeyError):
        decoder.convert(1)
    with pytest.raises(ValidationError, match="meets the predicate `wrong`"):
        decoder.convert(2)


def test_more_errors_than_are_reported_are_not_searched() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](list[Annotated[Decimal, annotated_types.Gt(0)]]).convert(["0"] * 10_000)
    assert (len(caught.value.errors), caught.value.more) == (100, True)


def test_a_type_without_such_constraints_has_nothing_else_checked() -> None:
    assert check_type(list[Annotated[int, annotated_types.Ge(1)]]).has_own is False
    assert check_type(list[Annotated[Decimal, annotated_types.Ge(1)]]).has_own is True


LIMITS = {"max_digits": st.integers(1, 6), "decimal_places": st.integers(0, 4), "ge": st.integers(-9, 9)}


NUMBERS = st.decimals(-1000, 1000, places=4) | st.sampled_from([Decimal("1e3")])


@settings(max_examples=40)
@given(st.fixed_dictionaries({}, optional=LIMITS), NUMBERS)
def test_a_decimal_is_checked_as_pydantic_does(limits: dict[str, int], value: Decimal) -> None:
    annotation = Annotated[Decimal, pydantic.Field(**limits)]  # type: ignore[arg-type]
    if limits.get("decimal_places", 0) > limits.get("max_digits", 9):
        return
    try:
        expected: Any = pydantic.TypeAdapter(annotation).validate_python(value)
    except pydantic.ValidationError:
        expected = None
    try:
        made = TypedDecoder[Any](annotation).convert(str(value))
    except ValidationError:
        made = None
    assert made == expected

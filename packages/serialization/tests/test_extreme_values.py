"""Values that clients can send and few programs expect: each is a value or the client's error, at a bounded cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import annotated_types
import msgspec
import pydantic
import pytest

from armillary.serialization import TypedDecoder, ValidationError, _value_checks

FIRST = annotated_types.Ge(date(2026, 1, 1))
Day = Annotated[date, FIRST]
NO_DAY = date(1999, 1, 1)


def rejected(annotation: Any, value: Any) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](annotation).convert(value)
    return [(error.get("pointer"), error.get("kind")) for error in caught.value.errors]


class A(msgspec.Struct, tag=True):
    day: Day = NO_DAY


class B(msgspec.Struct, tag=True):
    day: Day = NO_DAY


class Shown(msgspec.Struct):
    a: Annotated[Decimal, annotated_types.Ge(0), msgspec.Meta(examples=["1"])]


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [(list[A | B], {"type": "A"}, {"type": "C"}), (list[Shown], {"a": "1"}, {"a": True})],
)
def test_a_type_is_compiled_once_for_the_errors_of_any_number_of_values(
    monkeypatch: pytest.MonkeyPatch, annotation: Any, good: Any, bad: Any
) -> None:
    decoder = TypedDecoder[Any](annotation)
    compiled: list[Any] = []
    value_check = _value_checks.value_check
    monkeypatch.setattr(_value_checks, "value_check", lambda type_: compiled.append(type_) or value_check(type_))
    with pytest.raises(ValidationError) as caught:
        decoder.convert([good] * 500 + [bad])
    assert len(caught.value.errors) == 1
    assert len(compiled) <= 3


def test_beside_an_error_of_a_type_a_member_of_a_union_has_the_places_of_its_own_and_no_defaults() -> None:
    value = [{"type": "A"}, {"type": "B", "day": "2025-01-01"}, {"type": "C"}]
    assert [pointer for pointer, _ in rejected(list[A | B], value)] == ["/1/day", "/2/type"]


@pytest.mark.parametrize("around", [lambda items: items, lambda items: {str(n): each for n, each in enumerate(items)}])
def test_many_defaults_do_not_hide_what_was_sent(around: Any) -> None:
    value = around([{"type": "A"}] * 300 + [{"type": "A", "day": "2025-01-01"}])
    kind = list[A] if isinstance(value, list) else dict[str, A]
    assert rejected(kind, value) == [("/300/day", "string")]


def test_more_errors_of_members_than_are_reported_are_not_searched() -> None:
    tested = []

    def fails(value: int) -> bool:
        tested.append(value)
        return False

    kind = dict[str, Annotated[int, annotated_types.Predicate(fails)]]
    assert len(rejected(kind, {str(number): number for number in range(1000)})) == 100
    assert len(tested) == 101


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_its_zone_does_not_reach_is_not_in_it(text: str) -> None:
    zone = annotated_types.Timezone("America/New_York" if text[0] == "0" else "Asia/Tokyo")
    assert rejected(Annotated[datetime, zone], text) == [("", "string")]


def test_a_time_of_day_can_have_a_zone_and_not_one_of_a_name() -> None:
    with pytest.raises(TypeError, match="tz='Europe/Berlin' cannot be checked of time"):
        TypedDecoder(Annotated[time, annotated_types.Timezone("Europe/Berlin")])
    assert TypedDecoder[Any](Annotated[time, annotated_types.Timezone(...)]).convert("12:00:00Z")


@pytest.mark.parametrize("name", ["X/Y", "Europe", "", "../etc/passwd", "a\0b"])
def test_a_time_zone_that_is_none_is_an_error_when_the_decoder_is_made(name: str) -> None:
    with pytest.raises(TypeError, match="there is no such time zone; name one of"):
        TypedDecoder(Annotated[datetime, annotated_types.Timezone(name)])


def test_a_number_that_cannot_be_computed_with_is_no_multiple() -> None:
    decoder = TypedDecoder[Any](Annotated[float, annotated_types.MultipleOf(0.1)])
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            decoder.decode_msgpack(msgspec.msgpack.encode(bad))


class Nested(msgspec.Struct):
    day: Day
    inner: Nested | None = None


class NestedPrices(msgspec.Struct):
    price: Decimal
    inner: NestedPrices | None = None


@pytest.mark.parametrize(("kind", "member"), [(Nested, {"day": "2026-01-01"}), (NestedPrices, {"price": "1"})])
@pytest.mark.parametrize("last", [{}, {"day": 1, "price": []}])
def test_a_value_that_nests_too_deep_for_its_type_is_the_client_s_error_in_every_format(
    kind: Any, member: dict[str, Any], last: dict[str, Any]
) -> None:
    decoder = TypedDecoder[Any](kind)
    value: Any = member | last
    for _ in range(505):
        value = member | {"inner": value}
    with pytest.raises(ValidationError, match="Expected fewer levels: it nests too deep for its type"):
        decoder.decode_json(json.dumps(value).encode())
    with pytest.raises(ValidationError, match="Expected fewer levels: it nests too deep for its type"):
        decoder.decode_msgpack(msgspec.msgpack.encode(value))


@pytest.mark.parametrize(
    ("item", "good", "bad"),
    [
        (pydantic.Field(decimal_places=2), "123456789012345678901234567.89", "123456789012345678901234567.891"),
        (pydantic.Field(max_digits=30), f"1.{'1' * 29}", f"1.{'1' * 40}"),
        (pydantic.Field(max_digits=30), f"1.{'1' * 29}{'0' * 40}", f"1.{'1' * 30}"),
        (annotated_types.MultipleOf(Decimal("0.01")), "1E+30", "1000000000000000000000000000.001"),
        (annotated_types.MultipleOf(Decimal("0.01")), 10**27, f"0.{'0' * 3000}1"),
        (annotated_types.MultipleOf(3), "3E+4000", "1E+4000"),
        (pydantic.Field(max_digits=4, decimal_places=2), "0E+5", "100"),
    ],
)
def test_every_digit_of_a_decimal_is_looked_at(item: Any, good: Any, bad: Any) -> None:
    annotation = Annotated[Decimal, item]
    assert TypedDecoder[Any](annotation).convert(good) == Decimal(good)
    assert rejected(annotation, bad)[0][0] == ""


def test_a_large_whole_number_may_be_a_multiple_of_a_decimal() -> None:
    annotation = Annotated[int, annotated_types.MultipleOf(Decimal("2.5"))]
    assert TypedDecoder[Any](annotation).convert(10**40) == 10**40
    assert rejected(annotation, 10**40 + 1) == [("", "number")]


class Text(StrEnum):
    A = "a"


def test_in_a_union_text_is_no_sequence_of_characters() -> None:
    numbers = Sequence[Annotated[Decimal, annotated_types.Ge(0)]]
    assert TypedDecoder[Any](str | numbers).convert("abc") == "abc"
    assert rejected(str | numbers, ["-1"]) == [("/0", "string")]
    assert rejected(Annotated[Text, annotated_types.Predicate(lambda value: False)] | None, "a") == [("", "string")]


def test_the_kind_of_an_error_is_that_of_what_was_sent() -> None:
    number = Annotated[Decimal, annotated_types.Gt(0)]
    assert rejected(msgspec.defstruct("Price", [("value", number)]), {"value": -1}) == [("/value", "number")]
    assert rejected(dict[int, list[number]], {"1": [1, "-1", -1]}) == [("/1/1", "string"), ("/1/2", "number")]
    assert rejected(Annotated[set[number], annotated_types.MaxLen(1)], [-1]) == [("", "string")]

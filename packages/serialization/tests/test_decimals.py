import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import attrs
import msgspec
import pydantic
import pytest

from armillary.serialization import TypedDecoder, ValidationError


class Price(msgspec.Struct, rename="camel"):
    net_amount: Decimal
    note: str = ""


@dataclass
class Comet:
    netAmount: Decimal


@attrs.define
class Moon:
    netAmount: Decimal


class Model(pydantic.BaseModel):
    netAmount: Decimal | None = None


UNUSUAL = ['"NaN"', '"sNaN"', '"-Infinity"', '"1e999999999"', '"1e-999999999"', '"' + "9" * 5000 + '"']


@pytest.mark.parametrize("kind", [Price, Comet, Moon, Model])
@pytest.mark.parametrize("text", UNUSUAL, ids=range(len(UNUSUAL)))
def test_a_decimal_no_program_can_compute_with_is_the_client_s_fault(kind: Any, text: str) -> None:
    body = f'[{{"netAmount": "1.50"}}, {{"netAmount": {text}}}]'.encode()
    with pytest.raises(ValidationError) as caught:
        TypedDecoder(list[kind]).decode_json(body)
    assert [error["pointer"] for error in caught.value.errors] == ["/1/netAmount"]


@pytest.mark.parametrize("kind", [Price, Comet, Moon, Model])
def test_one_with_a_size_is_a_value_from_every_form(kind: Any) -> None:
    decoder = TypedDecoder[Any](kind)
    assert decoder.decode_json(b'{"netAmount": "1e999"}') == decoder.convert({"netAmount": "1e999"})
    with pytest.raises(ValidationError, match=r"finite|at most 4300 digits"):
        decoder.convert({"netAmount": "1e99999"})


def test_the_other_members_of_a_union_and_of_an_object_are_not_looked_at() -> None:
    decoder = TypedDecoder[Any](dict[str, Decimal | bool | None])
    assert decoder.convert({"a": True, "b": None, "c": "0"}) == {"a": True, "b": None, "c": Decimal(0)}
    assert TypedDecoder(Price).decode_json(b'{"netAmount": 1, "note": "NaN"}').note == "NaN"


class Band(Enum):
    RED = "r"


class Observation(pydantic.BaseModel):
    netAmount: Decimal
    band: Band = Band.RED
    at: datetime | None = None


def test_a_decimal_may_stand_beside_any_other_type() -> None:
    body = b'{"netAmount": "1.50", "band": "r", "at": "2026-01-01T00:00:00Z"}'
    assert TypedDecoder(Observation).decode_json(body).netAmount == Decimal("1.50")
    decoder = TypedDecoder[Any](tuple[Decimal, Band, datetime])
    assert decoder.decode_json(b'["1.50", "r", "2026-01-01T00:00:00Z"]')[1] is Band.RED


def test_without_a_place_the_whole_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder[Any](dict[Decimal, int]).decode_json(b'{"NaN": 1}')
    assert caught.value.errors[0]["pointer"] == ""


def test_a_number_too_large_for_a_float_is_a_decimal_where_one_is_expected() -> None:
    assert TypedDecoder(Price).decode_json(b'{"netAmount": 1e999}').net_amount == Decimal("1e999")


class Stripped(pydantic.BaseModel):
    netAmount: Annotated[Decimal, pydantic.BeforeValidator(lambda sent: sent.strip())]


class Joined(pydantic.BaseModel):
    netAmount: Decimal

    @pydantic.field_validator("netAmount", mode="before")
    @classmethod
    def join(cls, sent: str) -> str:
        return sent.replace("_", "")


ODD = ["1_000", "٣", "１", " 1", "1 ", "1\n", "\t1", "1_0e2"]


@pytest.mark.parametrize("kind", [Price, Comet, Moon, Model])
@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("escaped", [True, False])
def test_a_decimal_that_python_alone_reads_is_the_client_s_fault(kind: Any, text: str, escaped: bool) -> None:
    value = [{"netAmount": "1.50"}, {"netAmount": text}]
    decoder = TypedDecoder[Any](list[kind])
    for decode in (
        lambda: decoder.decode_json(json.dumps(value, ensure_ascii=escaped).encode()),
        lambda: decoder.convert(value),
        lambda: decoder.decode_msgpack(msgspec.msgpack.encode(value)),
    ):
        with pytest.raises(ValidationError) as caught:
            decode()
        assert [error["pointer"] for error in caught.value.errors] == ["/1/netAmount"]
        assert caught.value.errors[0]["message"] == "Expected a number written with the digits 0 to 9"


def test_another_text_beside_a_decimal_may_have_such_digits() -> None:
    for note in ("٣", "1_000", " 1 ", "a\\b"):
        body = json.dumps({"netAmount": "1.5", "note": note}).encode()
        assert TypedDecoder(Price).decode_json(body) == Price(Decimal("1.5"), note)
        assert TypedDecoder(Price).convert({"netAmount": "1.5", "note": note}).note == note


@pytest.mark.parametrize(
    ("kind", "text", "amount"),
    [(Stripped, " 1.5 ", Decimal("1.5")), (Joined, "1_000", Decimal(1000))],
)
def test_what_a_model_s_own_validator_makes_a_number_of_is_that_number(kind: Any, text: str, amount: Decimal) -> None:
    body = json.dumps({"netAmount": text}).encode()
    assert TypedDecoder[Any](kind).decode_json(body).netAmount == amount
    assert TypedDecoder[Any](kind).convert({"netAmount": text}).netAmount == amount

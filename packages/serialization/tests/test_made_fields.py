"""Fields that a class makes itself: they are sent, and no client sets one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

import attrs
import msgspec
import pytest

from armillary.serialization import TypedDecoder, TypedEncoder, ValidationError, type_key, validate


@dataclass
class Account:
    name: str
    admin: bool = field(init=False, default=False)
    shown: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.shown = self.name.upper()


@attrs.define
class Profile:
    name: str
    admin: bool = attrs.field(init=False, default=False)


class Team(msgspec.Struct, tag="team"):
    members: list[Account]
    lead: Profile | None = None


class Solo(msgspec.Struct, tag="solo"):
    admin: bool = False


class Row(msgspec.Struct, array_like=True):
    number: int
    account: Account


@dataclass
class Unfilled:
    name: str
    number: int = field(init=False)


ADA = {"name": "Ada", "admin": True, "shown": "x"}


def is_admin(value: Any) -> bool:
    return bool(value.admin)


@pytest.mark.parametrize(
    ("type_", "sent", "account"),
    [
        (Account, ADA, lambda made: made),
        (Profile, ADA, lambda made: made),
        (list[Account], [ADA], lambda made: made[0]),
        (tuple[int, Account], [1, ADA], lambda made: made[1]),
        (tuple[Account, ...], [ADA], lambda made: made[0]),
        (dict[str, Account | None], {"a": ADA}, lambda made: made["a"]),
        (Annotated[Account | None, "a note"], ADA, lambda made: made),
        (Team, {"type": "team", "members": [ADA]}, lambda made: made.members[0]),
        (Team | Solo, {"type": "team", "members": [], "lead": ADA}, lambda made: made.lead),
        (Row, [1, ADA], lambda made: made.account),
    ],
)
def test_no_client_sets_a_field_that_the_class_makes(type_: Any, sent: Any, account: Any) -> None:
    decoder = TypedDecoder[Any](type_)
    body = json.dumps(sent).encode()
    escaped = body.replace(b'"admin"', b'"\\u0061dmin"')
    assert escaped != body
    for made in (
        decoder.decode_json(body),
        decoder.decode_json(escaped),
        decoder.decode_msgpack(msgspec.msgpack.encode(sent)),
        decoder.convert(sent),
        validate(sent, type_),
    ):
        assert account(made).name == "Ada"
        assert not is_admin(account(made))
        assert getattr(account(made), "shown", "ADA") == "ADA"


def test_a_field_of_the_same_name_of_another_class_is_set() -> None:
    made = TypedDecoder[Any](Team | Solo).decode_json(b'{"type": "solo", "admin": true}')
    assert is_admin(made)


def test_what_is_wrong_beside_such_a_field_has_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        TypedDecoder(list[Account]).decode_json(b'[{"name": 1, "admin": true}]')
    assert [error["path"] for error in caught.value.errors] == ["$[0].name"]


@pytest.mark.parametrize("type_", [Unfilled, list[Unfilled]])
def test_such_a_field_without_a_default_is_an_error_that_says_what_to_write(type_: Any) -> None:
    with pytest.raises(TypeError, match=r"Unfilled.number is field\(init=False\) without a default.*give it a default"):
        TypedDecoder[Any](type_)


def test_such_a_field_is_sent_also_by_an_instance_of_a_subclass() -> None:
    class Visitor(Account):
        secret = "x"

    assert json.loads(TypedEncoder(Account).encode_json(Visitor("Ada"))) == {
        "name": "Ada",
        "admin": False,
        "shown": "ADA",
    }


class Same:
    def __repr__(self) -> str:
        return "Same()"


def test_types_with_objects_beside_them_that_look_alike_are_different() -> None:
    first, second = (Annotated[int, msgspec.Meta(ge=1, extra={"of": Same()})] for _ in range(2))
    assert type_key(first) is None
    assert type_key(second) is None
    keys = [type_key(Annotated[int, msgspec.Meta(ge=bound)]) for bound in (1, 2)]
    assert None not in keys
    assert keys[0] != keys[1]
    assert type_key(Annotated[int, msgspec.Meta(ge=1)]) == keys[0]

"""Keyword arguments that there are not."""

from __future__ import annotations

import pytest

from armillary.asgi_types import check_arguments, unexpected_argument


class Taker:
    def __init__(self, path: str, methods: list[str]) -> None: ...


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("prefix", "Taker got an unexpected keyword argument 'prefix': write mount(...)"),
        ("metods", "Taker got an unexpected keyword argument 'metods'; did you mean 'methods'?"),
        ("zzz", "Taker got an unexpected keyword argument 'zzz'"),
    ],
)
def test_what_is_meant_is_named_if_it_can_be_guessed(given: str, said: str) -> None:
    with pytest.raises(TypeError) as caught:
        check_arguments(Taker, {"path": "/", given: 1}, {"prefix": "mount(...)"})
    assert str(caught.value) == said


def test_arguments_that_are_taken_pass() -> None:
    check_arguments(Taker, {"path": "/", "methods": []}, {})
    assert isinstance(unexpected_argument("Taker", "x", (), {}), TypeError)

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, Protocol

import pytest

from armillary.binding import BindingError, Depends, bind


class User: ...


class Admin(User): ...


class Named(Protocol):
    name: str


async def user() -> User:
    return User()


def admin() -> Generator[Admin]:
    yield Admin()


async def number() -> AsyncGenerator[int]:
    yield 1


def unknown():  # type: ignore[no-untyped-def]
    return User()


@pytest.mark.parametrize(
    ("declared", "function", "returned"),
    [(str, user, "User"), (int, admin, "Admin"), (User, number, "int"), (str, User, "User")],
)
def test_a_parameter_that_its_dependency_never_is_is_an_error_at_construction(
    declared: Any, function: Any, returned: str
) -> None:
    async def show(value: Any) -> None: ...

    show.__annotations__["value"] = Annotated[declared, Depends(function)]
    with pytest.raises(BindingError, match=f"'value' is declared {declared.__name__}, .* returns {returned}: declare"):
        bind(show)


@pytest.mark.parametrize(
    ("declared", "function"),
    [
        (User, admin),
        (Admin, user),
        (float, number),
        (Any, user),
        (str, unknown),
        (Named, user),
        (User | None, user),
        (Sequence[int], number),
        (object, number),
    ],
)
def test_what_may_be_it_is_left_to_the_function(declared: Any, function: Any) -> None:
    async def show(value: Any) -> None: ...

    show.__annotations__["value"] = Annotated[declared, Depends(function)]
    bind(show)


@asynccontextmanager
async def opened() -> AsyncIterator[User]:
    yield User()


def test_what_makes_a_context_is_for_a_parameter_that_is_declared_as_one() -> None:
    async def show(user: Annotated[AbstractAsyncContextManager[User], Depends(opened)]) -> None: ...

    async def show_user(user: Annotated[User, Depends(opened)]) -> None: ...

    bind(show)
    with pytest.raises(BindingError, match="leave @asynccontextmanager out"):
        bind(show_user)

"""What a handler of a WebSocket returns goes nowhere, so a value is an error."""

from __future__ import annotations

from functools import wraps
from typing import Annotated, Any, NoReturn, TypeVar

import pytest

from armillary.asgi_types import EndpointError
from armillary.websockets import WebSocket, WebSocketEndpoint, websocket_session


async def count(websocket: WebSocket) -> int:
    return 3


async def text_of(websocket: WebSocket) -> str | None:
    return None


async def nothing(websocket: WebSocket) -> None: ...


async def never(websocket: WebSocket) -> NoReturn:
    raise ValueError


async def anything(websocket: WebSocket) -> Any: ...


T = TypeVar("T")
Nothing = None


async def of_a_decorator(websocket: WebSocket) -> T: ...  # type: ignore[empty-body, type-var]


async def twice_a_text(websocket: WebSocket) -> "None": ...  # noqa: UP037


async def alias(websocket: WebSocket) -> Nothing: ...


async def unknown(websocket: WebSocket) -> Unknown: ...  # type: ignore[name-defined] # noqa: F821


async def annotated(websocket: WebSocket): ...  # type: ignore[no-untyped-def]


async def annotated_type(websocket: WebSocket): ...  # type: ignore[no-untyped-def]


async def type_itself(websocket: WebSocket): ...  # type: ignore[no-untyped-def]


@wraps(count)
async def sends_what_is_returned(websocket: WebSocket) -> None:
    await websocket.send_json(await count(websocket))


annotated.__annotations__["return"] = Annotated[None, 1]
annotated_type.__annotations__["return"] = type(None)
type_itself.__annotations__["return"] = T


@pytest.mark.parametrize(("function", "declared"), [(count, "int"), (text_of, r"str \| None")])
def test_a_function_that_declares_to_return_a_value_is_an_error(function: Any, declared: str) -> None:
    with pytest.raises(TypeError, match=rf"{function.__name__} \(.*: nobody gets the {declared} .* write `-> None`"):
        websocket_session(function)


@pytest.mark.parametrize(
    "function",
    [
        *(nothing, never, anything, of_a_decorator, twice_a_text, alias, unknown, annotated, annotated_type),
        *(type_itself, sends_what_is_returned),
    ],
)
def test_a_function_that_declares_none_is_taken(function: Any) -> None:
    assert callable(websocket_session(function))


def test_a_policy_leaves_results_alone() -> None:
    class Lenient(WebSocket):
        rejects_results = False

    assert callable(websocket_session(count, websocket_class=Lenient))  # type: ignore[arg-type]


class Receiving(WebSocketEndpoint):
    async def on_receive(self, websocket: WebSocket, data: Any) -> Any:
        return data


class Connecting(WebSocketEndpoint):
    async def on_connect(self, websocket: WebSocket) -> Any:
        await websocket.accept()
        return {"a": 1}


async def returning(websocket):  # type: ignore[no-untyped-def]
    await websocket.accept()
    return {"a": 1}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "app", [websocket_session(returning), Receiving, Connecting], ids=["function", "on_receive", "on_connect"]
)
async def test_a_value_that_is_returned_is_an_error_and_closes_with_1011(peer: Any, app: Any) -> None:
    run = peer(app).text("a")
    with pytest.raises(EndpointError, match=r"returned .* for a WebSocket, which nobody gets; send it"):
        await run.run()
    assert run.closed_with == (1011, "")


@pytest.mark.anyio
async def test_the_message_has_the_beginning_of_a_long_value(peer: Any) -> None:
    run = peer(Receiving).text("a" * 10_000)
    with pytest.raises(EndpointError, match=r"returned 'aaa") as raised:
        await run.run()
    assert len(str(raised.value)) < 500

"""How an endpoint is called for a connection."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ._body import BodyReader
from ._provided import Provided
from ._signature import Parameter
from ._values import Group, TextValues


class Call(NamedTuple):
    """A function to call with what was found.

    Attributes:
        function: called with keyword arguments.
        style: how: "async", "thread", "direct", or as a generator that yields the value once, "async_generator" and
            "generator".
        target: the number of its arguments.
        needs: its parameters that are results of other calls, with the numbers of these.
        ends_early: whether a generator ends before the response is sent.
    """

    function: Callable[..., Any]
    style: str
    target: int
    needs: tuple[tuple[str, int], ...]
    ends_early: bool = False


class Plan(NamedTuple):
    """How an endpoint is called; `build_plan` returns it.

    Attributes:
        calls: the dependencies in the order they are called, the endpoint last.
        targets: how many sets of arguments and of fields there are.
        before_reading: how many of the calls, from the first, need nothing of what is sent; the last is not among them.
        provided: arguments made from the connection.
        texts: arguments read as text; None if there are none.
        groups: structured types spread over a part of the request.
        body: reads the body; None if nothing takes it.
        parameters: what is taken from path, query, headers and cookies.
        result: the annotation of the endpoint's result.
        errors: statuses that dependencies and what they take say that they reject with.
        instance: of a method, the argument that is the instance it is called on: its target and name; else None.
    """

    calls: tuple[Call, ...]
    targets: int
    before_reading: int
    provided: tuple[Provided, ...]
    texts: TextValues | None
    groups: tuple[Group, ...]
    body: BodyReader | None
    parameters: tuple[Parameter, ...]
    result: Any
    errors: frozenset[int]
    instance: tuple[int, str] | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a client must be granted for the arguments made from the connection."""
        return tuple(dict.fromkeys(scope for item in self.provided for scope in item.making.scopes))

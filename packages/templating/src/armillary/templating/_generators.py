"""The generators that a template iterates, closed when its rendering ends.

A loop that is left early does not close the generator it iterates, and Jinja closes only those it makes
itself. Those of the program would be closed some time later, by the garbage collector and the event
loop, when the transaction or the file they hold has long been in the way.

Python calls a hook when an async generator is first iterated. The hook belongs to the thread, so it is
set for each step of the rendering alone, and calls the event loop's own hook too.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from inspect import GEN_SUSPENDED, currentframe, getgeneratorstate
from types import FrameType, GeneratorType, coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")

_TEMPLATE_GLOBALS = frozenset({"blocks", "debug_info", "root"})
"""What every compiled template defines."""


def _is_of_a_template(frame: FrameType | None) -> bool:
    """Return whether a frame runs a template, or a filter or loop of Jinja's for it."""
    if frame is None:
        return False
    names = frame.f_globals
    return names.keys() >= _TEMPLATE_GLOBALS or str(names.get("__name__")).startswith("jinja2.")


def close_generators(context: Mapping[str, Any]) -> None:
    """Close the blocking generators of a context that are begun.

    Those that only the template knows are closed by Python, when the template is.
    """
    for value in context.values():
        if isinstance(value, GeneratorType) and getgeneratorstate(value) == GEN_SUSPENDED:  # pyright: ignore[reportUnknownArgumentType]
            value.close()


class TemplateGenerators:
    """Closes what a template iterates; not what the program iterates itself while it is rendered.

    Args:
        context: what the template is given.
    """

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = context
        self._begun: list[Any] = []

    @coroutine
    def watch(self, step: Awaitable[_Result]) -> Generator[Any, Any, _Result]:
        """Await a step of the rendering and track the async generators it begins."""
        self._begun = [generator for generator in self._begun if generator.ag_frame is not None]  # Not yet finished.
        running: Any = step.__await__()
        resume: Any = running.send
        value: Any = None
        while True:
            # Up to where the step waits for the event loop, nothing else runs in this thread.
            outside = sys.get_asyncgen_hooks()
            sys.set_asyncgen_hooks(firstiter=partial(self._first_iterated, outside.firstiter))
            try:
                waits_for = resume(value)
            except StopIteration as end:
                result: _Result = end.value
                return result
            finally:
                sys.set_asyncgen_hooks(*outside)
                value = None  # An exception would refer to this frame, and this frame to it.
            # The event loop resumes the step with a result, or with an exception such as a cancellation.
            try:
                value = yield waits_for
                resume = running.send
            except BaseException as error:
                value, resume = error, running.throw

    def _first_iterated(self, call_outside: Callable[[Any], None] | None, generator: Any) -> None:
        if call_outside is not None:
            call_outside(generator)
        # In no variable: a frame that refers to itself stays until the garbage collector runs.
        if _is_of_a_template(getattr(currentframe(), "f_back", None)):
            self._begun.append(generator)

    async def aclose(self) -> None:
        """Close what is still open, the last begun first, all of it even if one raises."""
        async with AsyncExitStack() as endings:
            endings.callback(close_generators, self._context)
            for generator in self._begun:
                endings.push_async_callback(generator.aclose)

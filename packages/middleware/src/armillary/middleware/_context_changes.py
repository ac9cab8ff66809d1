"""What an application that runs in a context of its own changes there, carried to where it was called."""

from __future__ import annotations

from contextvars import Context, ContextVar, Token
from typing import Any, Final

_MISSING: Final = object()


class ContextChanges:
    """The context variables that a context changes from now on.

    Args:
        context: a copy of the current one, in which something is about to run.

    >>> from contextvars import copy_context
    >>> variable = ContextVar("variable")
    >>> context = copy_context()
    >>> changes = ContextChanges(context)
    >>> _ = context.run(variable.set, "changed")
    >>> changes.apply()
    >>> variable.get()
    'changed'
    """

    __slots__ = ("_context", "_known", "_tokens")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known = context.copy()
        self._tokens: dict[ContextVar[Any], Token[Any]] = {}

    def apply(self) -> None:
        """Make the changes since the last call in the current context, which is always the same one."""
        known = self._known
        for variable, value in self._context.items():
            if known.get(variable, _MISSING) is not value:
                self._tokens.setdefault(variable, variable.set(value))
        for variable in [variable for variable in self._tokens if variable not in self._context]:
            variable.reset(self._tokens.pop(variable))
        self._known = self._context.copy()

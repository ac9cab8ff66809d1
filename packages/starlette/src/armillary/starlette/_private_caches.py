"""What a connection keeps of itself under the private names by which programs change it."""

from __future__ import annotations

from typing import Any


def kept_as(name: str, attribute: Any) -> Any:
    """Return a native attribute as a property whose value is kept in the instance's `__dict__` under another name.

    Programs replace the value there to change what is read, and delete it to have it computed again.

    Args:
        name: the private name.
        attribute: the attribute of the native class.
    """
    compute = attribute.compute

    def read(self: Any) -> Any:
        kept = self.__dict__
        if name in kept:
            return kept[name]
        value = kept[name] = compute(self)
        return value

    return property(read, doc=attribute.__doc__)

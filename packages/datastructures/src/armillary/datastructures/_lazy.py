"""Attributes that are computed when first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class LazyAttribute(Generic[T]):
    """Computes an attribute once and leaves it in the instance's `__dict__`.

    As it defines no `__set__`, later reads never come here. Unlike `functools.cached_property` it
    takes no lock, which on Python 3.11 costs more than what is parsed.

    Attributes:
        compute: the function of the instance, for subclasses that keep the value elsewhere.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> LazyAttribute[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> LazyAttribute[T] | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self.compute(instance)
        return value

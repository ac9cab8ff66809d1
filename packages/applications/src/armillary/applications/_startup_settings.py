"""Settings that an application reads once, when it starts: changing them later is an error and not without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

C = TypeVar("C", bound=list[Any] | dict[Any, Any])

_CHANGING_METHODS: dict[type, Iterable[str]] = {
    list: (
        *("__delitem__", "__iadd__", "__imul__", "__setitem__"),
        *("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
    ),
    dict: ("__delitem__", "__ior__", "__setitem__", "clear", "pop", "popitem", "setdefault", "update"),
}


class StartupSetting(Generic[C]):
    """An attribute of an application: a list or dict that cannot be changed once that has started.

    An application with `rejects_late_changes = False` has a plain list or dict instead.

    Args:
        base: `list` or `dict`.
    """

    def __init__(self, base: type[C]) -> None:
        def plain(container: Any, protocol: int) -> Any:
            # A copy, or what is pickled, belongs to no application: it is a plain list or dict.
            return base, (base(container),)

        namespace: dict[str, Any] = {"app": None, "name": "", "__reduce_ex__": plain}
        self._guarded: type[Any] = type(f"Startup{base.__name__.title()}", (base,), namespace)
        for method in _CHANGING_METHODS[base]:
            setattr(self._guarded, method, _guard(getattr(base, method)))

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, app: Any, owner: type) -> C:
        if app is None:
            raise AttributeError(self.name)
        try:
            return app.__dict__[self.name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(self.name) from None

    def __set__(self, app: Any, value: C) -> None:
        if app.rejects_late_changes:
            _check(app, self.name)
            value = self._guarded(value)
            value.app, value.name = app, self.name  # type: ignore[union-attr]
        app.__dict__[self.name] = value


def _guard(change: Callable[..., Any]) -> Callable[..., Any]:
    def checked(container: Any, *arguments: Any, **options: Any) -> Any:
        _check(container.app, container.name)
        return change(container, *arguments, **options)

    return checked


def _check(app: Any, name: str) -> None:
    if getattr(app, "middleware_stack", None) is not None:
        raise RuntimeError(
            f"Cannot change {name} after an application has started; change it before the first connection"
        )

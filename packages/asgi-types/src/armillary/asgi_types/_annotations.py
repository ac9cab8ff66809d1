"""The annotations of a function whose names need not be known yet.

Since CPython 3.14 annotations are evaluated when they are asked for (PEP 649), which fails if one names what is
imported under TYPE_CHECKING only, or a class that is being defined. Those are texts here, as with
`from __future__ import annotations`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._callable import unwrapped

if TYPE_CHECKING:
    from inspect import Signature


def annotations_of(function: Any) -> dict[str, Any]:
    """Return the annotations of a function, or of what a partial is of, as they are; of what has none, nothing.

    >>> def double(number: int) -> int: ...
    >>> list(annotations_of(double))
    ['number', 'return']
    """
    function = unwrapped(function)
    try:
        found: dict[str, Any] | None = getattr(function, "__annotations__", None)
    except NameError:
        return _late_annotations(function)
    return found or {}


def signature_of(function: Callable[..., Any]) -> Signature:
    """Return the signature of a function, as `inspect.signature` does.

    Raises:
        TypeError, ValueError: it has none.

    >>> def double(number: int) -> int: ...
    >>> [*signature_of(double).parameters]
    ['number']
    """
    import inspect

    try:
        return inspect.signature(function)
    except NameError:
        if sys.version_info >= (3, 14):
            from annotationlib import Format

            return inspect.signature(function, annotation_format=Format.STRING)
        raise


def _late_annotations(function: Any) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, ForwardRef, get_annotations

        found = get_annotations(function, format=Format.FORWARDREF)
        return {name: item.__forward_arg__ if isinstance(item, ForwardRef) else item for name, item in found.items()}
    raise NameError(function)

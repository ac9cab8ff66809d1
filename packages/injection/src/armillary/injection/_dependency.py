"""The dependency of a parameter."""

from __future__ import annotations

from typing import Any, NamedTuple


class Dependency(NamedTuple):
    """What is injected: a type, from a component of dishka."""

    kind: Any
    component: str = ""

"""What a parameter is injected with."""

from __future__ import annotations

from typing import Any, NamedTuple


class Dependency(NamedTuple):
    """What is injected: a type, of a component of dishka's."""

    kind: Any
    component: str = ""

"""Operation ids: a rule that no other route and no renamed function changes."""

from __future__ import annotations

import re

from ._described_route import DescribedRoute


def default_operation_id(route: DescribedRoute) -> str:
    """Return method and path as one name.

    `GET /stars/{number}/planets` is `get_stars_by_number_planets`; `GET /` is `get_root`.
    """
    words = [route.method]
    for segment in route.path.strip("/").split("/"):
        for text, parameter in re.findall(r"([^{}]+)|\{([^{}]+)\}", segment):
            words.append(f"by_{parameter}" if parameter else re.sub(r"\W+", "_", text).strip("_") or "_")
    return "_".join(words if len(words) > 1 else [*words, "root"])


class OperationIds:
    """The operation ids of one document, each used once."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}

    def take(self, name: str, label: str, *, explicit: bool) -> str:
        """Return the id for an operation; one that a rule made has a number added if it is taken.

        Raises:
            ValueError: an id that a route names is taken.
        """
        free, number = name, 2
        while free in self._labels:
            if explicit:
                raise ValueError(f"operation_id {name!r} of {label} is that of {self._labels[name]} too; name another")
            free, number = f"{name}_{number}", number + 1
        self._labels[free] = label
        return free

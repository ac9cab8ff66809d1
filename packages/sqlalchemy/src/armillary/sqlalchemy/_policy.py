"""Whether the work of a request is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Outcome(NamedTuple):
    """What is known of a request when its response is about to start.

    Attributes:
        status: of the response.
        raised: whether the response answers an exception.
        disconnected: whether the client is gone.
        has_errors: whether the result carries errors whatever its status, as one of GraphQL may.
        refused: whether the application asked for a rollback.
    """

    status: int
    raised: bool = False
    disconnected: bool = False
    has_errors: bool = False
    refused: bool = False


def is_success(status: int) -> bool:
    """Tell whether a status is below 400."""
    return status < 400


@dataclass(frozen=True)
class CommitPolicy:
    """Which requests are committed. An answer to an exception never is.

    Args:
        commit_on: tells from the status whether to commit; by default below 400.
        keep_result_errors: commit also when the result carries errors, as a GraphQL result may
            with status 200.
        keep_disconnected: commit also when the client is known to be gone.

    Raises:
        TypeError: `commit_on` cannot be called.

    >>> CommitPolicy().commits(Outcome(201)), CommitPolicy().commits(Outcome(409))
    (True, False)
    """

    commit_on: Callable[[int], bool] = is_success
    keep_result_errors: bool = False
    keep_disconnected: bool = False

    def __post_init__(self) -> None:
        if not callable(self.commit_on):
            raise TypeError(f"commit_on is a function of the status; got {self.commit_on!r}")

    def commits(self, outcome: Outcome) -> bool:
        """Tell whether the work is kept."""
        return not (
            outcome.raised
            or outcome.refused
            or (outcome.disconnected and not self.keep_disconnected)
            or (outcome.has_errors and not self.keep_result_errors)
            or not self.commit_on(outcome.status)
        )

"""Whether the work of a request is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class TransactionOutcome(NamedTuple):
    """What is known about a request when its response is about to start.

    Attributes:
        status: the status of the response.
        raised: whether the response handles an exception.
        disconnected: whether the client has disconnected.
        has_errors: whether the result carries errors whatever its status, as a GraphQL result may.
        rollback_only: whether the application requested a rollback.
    """

    status: int
    raised: bool = False
    disconnected: bool = False
    has_errors: bool = False
    rollback_only: bool = False


def is_success(status: int) -> bool:
    """Return whether a status is below 400."""
    return status < 400


@dataclass(frozen=True)
class CommitPolicy:
    """Which requests are committed. One whose response handles an exception never is.

    Args:
        commit_on: returns for a status whether to commit; by default below 400.
        keep_result_errors: commit also when the result carries errors, as a GraphQL result may
            with status 200.
        keep_disconnected: commit also when the client is known to have disconnected.

    Raises:
        TypeError: `commit_on` cannot be called.

    >>> CommitPolicy().commits(TransactionOutcome(201)), CommitPolicy().commits(TransactionOutcome(409))
    (True, False)
    """

    commit_on: Callable[[int], bool] = is_success
    keep_result_errors: bool = False
    keep_disconnected: bool = False

    def __post_init__(self) -> None:
        if not callable(self.commit_on):
            raise TypeError(f"commit_on is a function of the status; got {self.commit_on!r}")

    def commits(self, outcome: TransactionOutcome) -> bool:
        """Return whether to commit."""
        return not (
            outcome.raised
            or outcome.rollback_only
            or (outcome.disconnected and not self.keep_disconnected)
            or (outcome.has_errors and not self.keep_result_errors)
            or not self.commit_on(outcome.status)
        )

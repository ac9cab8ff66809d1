"""What misuse of `call_next` raises."""

from __future__ import annotations


class CallNextError(RuntimeError):
    """`call_next` was used in a way that cannot work; the message says which and what to do."""


WRONG_TASK = (
    "call_next was awaited outside the dispatch coroutine, such as in a task that it started; "
    "await it in dispatch itself, and start tasks around it for other work"
)
OVERLAPPING_SCOPES = (
    "dispatch left a cancel scope or task group, opened before call_next, while the application "
    "holds one of its own open; give the deadline to call_next as timeout= instead, or close the "
    "scope before call_next"
)
NO_RESPONSE = "the application ended without sending a response"

"""The debug answer for programs: Python's own traceback as text, or the report as JSON."""

from __future__ import annotations

from typing import Any

from ._report import ExceptionReport, FrameReport, report_exception
from ._visible_text import visible_text


def traceback_text(exc: BaseException) -> str:
    """Return the traceback as Python prints it, with its chain and the members of a group.

    >>> traceback_text(LookupError("no such star"))
    'LookupError: no such star\\n'
    """
    from traceback import TracebackException

    return visible_text("".join(TracebackException.from_exception(exc, compact=True).format()))


def _frame_value(frame: FrameReport) -> dict[str, Any]:
    running = next((line.text.strip() for line in frame.source if line.current), None)
    value: dict[str, Any] = {
        "path": frame.path,
        "line": frame.line,
        "function": frame.function,
        "source": running,
    }
    if frame.local_values is not None:
        value["locals"] = dict(frame.local_values)
    return value


def _report_value(report: ExceptionReport) -> dict[str, Any]:
    value: dict[str, Any] = {"type": report.type_name, "message": report.message}
    if report.notes:
        value["notes"] = list(report.notes)
    value["frames"] = [_frame_value(frame) for frame in report.frames]
    if report.omitted:
        value["frames_omitted"] = report.omitted
    if report.relation is not None and report.previous is not None:
        value[report.relation] = _report_value(report.previous)
    if report.members:
        value["exceptions"] = [_report_value(member) for member in report.members]
    return value


def traceback_json(exc: BaseException, *, show_locals: bool = False) -> str:
    """Return the report of an exception as JSON text.

    The object has `detail` and `error`; `error` has `type`, `message`, `frames` and, where there
    are any, `notes`, `cause` or `context`, and the `exceptions` of a group.
    """
    from json import dumps

    report = report_exception(exc, context=0, show_locals=show_locals)
    return dumps({"detail": "Internal Server Error", "error": _report_value(report)}, indent=2)

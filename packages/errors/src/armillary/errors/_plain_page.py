"""The debug response for programs and terminals: the report as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ._report import ExceptionReport, FrameReport, report_exception
from ._visible_text import visible_text

_RELATIONS: Final = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}


def traceback_text(exc: BaseException) -> str:
    """Return the traceback in the layout Python prints, with its chain and the members of a group.

    >>> traceback_text(LookupError("no such star"))
    'LookupError: no such star\\n'
    """
    lines = _report_lines(report_exception(exc, context=0))
    return visible_text("".join(f"{line}\n" for line in lines))


def _report_lines(report: ExceptionReport) -> Iterator[str]:
    if report.relation is not None and report.previous is not None:
        yield from _report_lines(report.previous)
        yield from ("", _RELATIONS[report.relation], "")
    if report.frames:
        yield "Traceback (most recent call last):"
    for at, frame in enumerate(report.frames):
        if report.omitted and at == report.omitted_after:
            yield f"  ... {report.omitted} more calls ..."
        yield from _frame_lines(frame)
    message = f"{report.type_name}: {report.message}" if report.message else report.type_name
    for text in (message, *report.notes):
        yield from text.split("\n")
    for at, member in enumerate(report.members, 1):
        yield f"  +-- {at} of {len(report.members) + report.members_omitted}"
        yield from (f"  | {line}" for line in _report_lines(member))
    if report.members_omitted:
        yield f"  +-- {report.members_omitted} more exceptions"


def _frame_lines(frame: FrameReport) -> Iterator[str]:
    yield f'  File "{frame.file}", line {frame.line}, in {frame.function}'
    for line in frame.source:
        text = line.text.strip()
        yield f"    {text}"
        indent = len(line.text) - len(line.text.lstrip())
        if line.span is not None and line.span != (indent, len(line.text)):
            yield f"    {' ' * (line.span[0] - indent)}{'^' * (line.span[1] - line.span[0])}"


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

    The object has `detail` and `error`; `error` has `type`, `message`, `frames` and, if there
    are any, `notes`, `cause` or `context`, and the `exceptions` of a group.
    """
    from json import dumps

    report = report_exception(exc, context=0, show_locals=show_locals)
    return dumps({"detail": "Internal Server Error", "error": _report_value(report)}, indent=2)

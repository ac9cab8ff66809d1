"""An exception as values to show: its frames with their source, its chain, its group members.

Nothing here knows a format. Everything taken from the exception is bounded, and everything that
may run foreign code (`str`, `repr`, a loader's source) may fail without losing the report.
"""

from __future__ import annotations

import linecache
import os
from dataclasses import dataclass
from itertools import islice
from types import CodeType, TracebackType
from typing import Any, Final, Literal, cast

from ._concealment import shown_value
from ._frames import is_library, steps_of

MAX_FRAMES: Final = 60
"""Frames shown of one traceback; of a longer one, its two ends."""

MAX_CHAIN: Final = 20
"""Exceptions shown of one chain of causes."""

MAX_MEMBERS: Final = 20
"""Exceptions shown of one group."""

MAX_EXCEPTIONS: Final = 100
"""Exceptions shown in all."""

MAX_MESSAGE: Final = 5000
"""Characters shown of one message."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of source; `span` is the columns of the instruction that was running."""

    number: int
    text: str
    current: bool = False
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FrameReport:
    """One level of a traceback. `path` is `file` cut short; `local_values` is None unless locals were asked for."""

    file: str
    path: str
    line: int
    function: str
    library: bool
    source: tuple[SourceLine, ...] = ()
    local_values: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """One exception, what led to it, and the exceptions it groups.

    `frames` runs from the outermost call to the line that raised; `omitted` of them are left out
    after the first `omitted_after`.
    """

    type_name: str
    message: str
    notes: tuple[str, ...] = ()
    frames: tuple[FrameReport, ...] = ()
    omitted: int = 0
    omitted_after: int = 0
    relation: Literal["cause", "context"] | None = None
    previous: ExceptionReport | None = None
    members: tuple[ExceptionReport, ...] = ()
    members_omitted: int = 0


def safe_text(value: object) -> str:
    """Return `str(value)`, or a placeholder if that raises."""
    try:
        text = str(value)
    except Exception as exc:
        return f"<unprintable {type(value).__name__}: str() raised {type(exc).__name__}>"
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}… ({len(text)} characters)"


def _type_name(exc: BaseException) -> str:
    cls = type(exc)
    if cls.__module__ in {"builtins", "__main__"}:
        return cls.__qualname__
    # A class of this toolkit is imported from the package, and not from the module in which it is written.
    module = cls.__module__.partition("._")[0] if cls.__module__.startswith("armillary.") else cls.__module__
    return f"{module}.{cls.__qualname__}"


def short_path(path: str) -> str:
    """Return a path below its packages folder, or below the current one."""
    for marker in ("site-packages", "dist-packages"):
        _, found, rest = path.rpartition(marker + os.sep)
        if found:
            return rest
    try:
        inside = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if inside.startswith(os.pardir) else inside


def _instruction_position(code: CodeType, instruction: int) -> tuple[int | None, int | None, int | None, int | None]:
    positions = islice(code.co_positions(), instruction // 2, None)
    return next(positions, (None, None, None, None))


def _character_offset(line: str, byte_offset: int) -> int:
    return len(line.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore"))


def _running_span(code: CodeType, instruction: int, number: int, line: str) -> tuple[int, int] | None:
    first, last, start, end = _instruction_position(code, instruction)
    if instruction < 0 or first != number or start is None or end is None:
        return None
    text = line.rstrip()
    begin = _character_offset(text, start)
    finish = _character_offset(text, end) if last == number else len(text)
    return (begin, finish) if begin < finish <= len(text) else None


def _source(step: TracebackType, context: int) -> tuple[SourceLine, ...]:
    code = step.tb_frame.f_code
    try:
        linecache.checkcache(code.co_filename)
        lines = linecache.getlines(code.co_filename, step.tb_frame.f_globals)
    except Exception:
        return ()
    number = step.tb_lineno or 0
    if not 0 < number <= len(lines):
        return ()
    first = max(1, number - context)
    return tuple(
        SourceLine(
            at,
            text.rstrip(),
            at == number,
            _running_span(code, step.tb_lasti, number, text) if at == number else None,
        )
        for at, text in enumerate(lines[first - 1 : number + context], first)
    )


def _frame_report(step: TracebackType, context: int, show_locals: bool) -> FrameReport:
    frame = step.tb_frame
    code = frame.f_code
    return FrameReport(
        file=code.co_filename,
        path=short_path(code.co_filename),
        line=step.tb_lineno or 0,
        function=code.co_qualname,
        library=is_library(code, frame.f_globals.get("__name__")),
        source=_source(step, context),
        local_values=_local_values(frame.f_locals) if show_locals else None,
    )


def _local_values(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, shown_value(name, value)) for name, value in sorted(values.items()) if not name.startswith("__")
    )


class _Reporting:
    """One walk over an exception, its chain and its members, visiting each exception once."""

    def __init__(self, context: int, show_locals: bool) -> None:
        self.context = context
        self.show_locals = show_locals
        self.seen: set[int] = set()

    def report(self, exc: BaseException, depth: int = 0) -> ExceptionReport:
        self.seen.add(id(exc))
        steps = list(steps_of(exc))
        omitted = max(0, len(steps) - MAX_FRAMES)
        half = MAX_FRAMES // 2
        shown = steps if not omitted else steps[:half] + steps[-half:]
        relation, previous = self._previous(exc, depth)
        members, members_omitted = self._members(exc, depth)
        return ExceptionReport(
            type_name=_type_name(exc),
            message=safe_text(exc),
            notes=tuple(safe_text(note) for note in self._notes(exc)),
            frames=tuple(_frame_report(step, self.context, self.show_locals) for step in shown),
            omitted=omitted,
            omitted_after=half if omitted else 0,
            relation=relation,
            previous=previous,
            members=members,
            members_omitted=members_omitted,
        )

    def _notes(self, exc: BaseException) -> list[object]:
        notes = getattr(exc, "__notes__", None)
        return cast("list[object]", notes)[:MAX_MEMBERS] if isinstance(notes, list) else []

    def _previous(
        self, exc: BaseException, depth: int
    ) -> tuple[Literal["cause", "context"] | None, ExceptionReport | None]:
        relation: Literal["cause", "context"] = "cause"
        previous = exc.__cause__
        if previous is None and not exc.__suppress_context__:
            relation, previous = "context", exc.__context__
        if previous is None or id(previous) in self.seen or depth >= MAX_CHAIN:
            return None, None
        return relation, self.report(previous, depth + 1)

    def _members(self, exc: BaseException, depth: int) -> tuple[tuple[ExceptionReport, ...], int]:
        if not isinstance(exc, BaseExceptionGroup):
            return (), 0
        members: tuple[BaseException, ...] = exc.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if depth >= MAX_CHAIN:
            return (), len(members)
        unseen = [member for member in members if id(member) not in self.seen]
        reports: list[ExceptionReport] = []
        for member in unseen[:MAX_MEMBERS]:
            if len(self.seen) < MAX_EXCEPTIONS:
                reports.append(self.report(member, depth + 1))
        return tuple(reports), len(unseen) - len(reports)


def report_exception(exc: BaseException, *, context: int = 5, show_locals: bool = False) -> ExceptionReport:
    """Describe an exception.

    Args:
        exc: the exception, with its traceback.
        context: source lines shown before and after the running one.
        show_locals: whether frames carry the `repr` of their local variables; values under names
            such as "password" or "token" are concealed.

    >>> report_exception(LookupError("no such star")).message
    'no such star'
    """
    return _Reporting(context, show_locals).report(exc)

"""The debug page.

It is one document without scripts, images or links to elsewhere. Every value passes `_text`,
which escapes markup and makes controlling characters visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from ._page_style import STYLE_SHEET
from ._plain_page import traceback_text
from ._report import ExceptionReport, FrameReport, SourceLine, report_exception
from ._visible_text import visible_text

_RELATIONS: Final = {
    "cause": "This exception was raised from the following one:",
    "context": "It was raised while the following one was being handled:",
}


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the page shows of the request: its line, and tables of names and values."""

    line: str
    tables: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


def _text(value: str) -> str:
    return escape(visible_text(value), quote=True)


def _source_line(line: SourceLine) -> str:
    if line.span is None:
        code = _text(line.text)
    else:
        start, end = line.span
        before, running, after = line.text[:start], line.text[start:end], line.text[end:]
        code = f"{_text(before)}<mark>{_text(running)}</mark>{_text(after)}"
    current = ' class="current"' if line.current else ""
    return f"<span{current}><i>{line.number}</i>{code}</span>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>' for name, value in rows)
    return f'<div class="values"><table>{cells}</table></div>'


def _frame(frame: FrameReport, opened: bool) -> str:
    kind = "library" if frame.library else "application"
    parts = [
        f'<li class="{kind}"><details{" open" if opened else ""}><summary><code>{_text(frame.function)}</code> '
        f'<span class="at">{_text(frame.path)}, line {frame.line}</span></summary>'
    ]
    if frame.source:
        parts.append(f'<pre class="source">{"".join(map(_source_line, frame.source))}</pre>')
    else:
        parts.append('<p class="omitted">The source is not available.</p>')
    if frame.local_values:
        parts.append(_table(frame.local_values))
    parts.append("</details></li>")
    return "".join(parts)


def _opened_frame(frames: tuple[FrameReport, ...]) -> int:
    """The innermost frame of the application's own code, else the innermost of all."""
    own = [at for at, frame in enumerate(frames) if not frame.library]
    return own[-1] if own else len(frames) - 1


def _frame_run(frames: Iterable[tuple[int, FrameReport]], library: bool, opened: int) -> Iterator[str]:
    items = list(frames)
    if library and len(items) > 1 and all(at != opened for at, _ in items):
        inner = "".join(_frame(frame, False) for _, frame in items)
        yield (
            f'<li class="library"><details><summary>{len(items)} library calls</summary>'
            f'<ol class="frames">{inner}</ol></details></li>'
        )
    else:
        yield from (_frame(frame, at == opened) for at, frame in items)


def _frames(report: ExceptionReport, opens: bool) -> str:
    if not report.frames:
        return '<p class="where">It has no traceback.</p>'
    opened = _opened_frame(report.frames) if opens else -1
    parts: list[str] = []
    numbered = list(enumerate(report.frames))
    cut = report.omitted_after or len(numbered)
    for part, rest in ((numbered[:cut], report.omitted), (numbered[cut:], 0)):
        for library, run in groupby(part, key=lambda item: item[1].library):
            parts.extend(_frame_run(run, library, opened))
        if rest:
            parts.append(f'<li class="omitted">… {rest} more calls …</li>')
    return f'<ol class="frames">{"".join(parts)}</ol>'


def _message(report: ExceptionReport) -> str:
    message = f'<p class="message">{_text(report.message)}</p>' if report.message else ""
    return message + "".join(f'<p class="note">{_text(note)}</p>' for note in report.notes)


def _members(report: ExceptionReport) -> str:
    total = len(report.members) + report.members_omitted
    parts = [
        f'<section class="member"><h3>{at} of {total}: {_text(member.type_name)}</h3>{_message(member)}'
        f"{_traceback(member)}</section>"
        for at, member in enumerate(report.members, 1)
    ]
    if report.members_omitted:
        parts.append(f'<p class="omitted">… {report.members_omitted} more exceptions …</p>')
    return "".join(parts)


def _endpoint_section(endpoint: FrameReport | None) -> str:
    return "" if endpoint is None else f'<h2>Endpoint</h2><ol class="frames">{_frame(endpoint, True)}</ol>'


def _traceback(report: ExceptionReport, opens: bool = True) -> str:
    parts = [_frames(report, opens), _members(report)]
    if report.relation is not None and report.previous is not None:
        parts.append(
            f'<p class="relation">{_RELATIONS[report.relation]}</p><h3>{_text(report.previous.type_name)}</h3>'
            f"{_message(report.previous)}{_traceback(report.previous)}"
        )
    return "".join(parts)


def _request_section(facts: RequestFacts) -> str:
    tables = "".join(
        f"<details><summary>{_text(title)}</summary>{_table(rows)}</details>" for title, rows in facts.tables if rows
    )
    return f"<h2>Request</h2>{tables}" if tables else ""


def render_page(
    exc: BaseException,
    facts: RequestFacts,
    *,
    context: int = 5,
    show_locals: bool = False,
    style_nonce: str | None = None,
    endpoint: FrameReport | None = None,
) -> str:
    """Return the debug page of an exception as an HTML document.

    Args:
        exc: the exception, with its traceback.
        facts: what the page shows of the request.
        context: source lines shown before and after the running one.
        show_locals: whether each frame lists its local variables.
        style_nonce: the nonce the response's Content-Security-Policy demands of style sheets.
        endpoint: the source of the endpoint, for an exception that has no frame of the program's own code.
    """
    nonce = f' nonce="{_text(style_nonce)}"' if style_nonce is not None else ""
    report = report_exception(exc, context=context, show_locals=show_locals)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(report.type_name)}: {_text(report.message[:80])}</title>"
        f"<style{nonce}>{STYLE_SHEET}</style></head>"
        f"<body><header><h1>{_text(report.type_name)}</h1>{_message(report)}"
        f'<p class="where"><b>{_text(facts.line)}</b></p></header>'
        f"<main>{_endpoint_section(endpoint)}<h2>Traceback</h2>{_traceback(report, endpoint is None)}"
        f"{_request_section(facts)}"
        f"<h2>As text</h2><details><summary>The traceback in plain text</summary>"
        f'<pre class="text">{_text(traceback_text(exc))}</pre></details></main>'
        "<footer>This page is shown because debug is on. Turn it off wherever others can reach the server.</footer>"
        "</body></html>"
    )

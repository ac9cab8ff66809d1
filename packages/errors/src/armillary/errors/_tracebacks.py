"""Tracebacks as text and as a page, for programs that show or send them themselves."""

from __future__ import annotations


def traceback_text(exc: BaseException) -> str:
    """Return the traceback in the layout Python prints, with its chain and the members of a group.

    Control characters are written as escapes, so that it is safe to show in a terminal.

    >>> traceback_text(LookupError("no such star"))
    'LookupError: no such star\\n'
    """
    from ._plain_page import traceback_text

    return traceback_text(exc)


def traceback_html(exc: BaseException, title: str = "", *, context: int = 5, show_locals: bool = False) -> str:
    """Return the debug page of an exception as an HTML document, everything in it escaped.

    Args:
        exc: the exception, with its traceback.
        title: a line below the message, such as "GET /stars".
        context: source lines shown before and after the running one.
        show_locals: whether each frame lists its local variables; those under names such as
            "password" or "token" are concealed.

    >>> traceback_html(LookupError("<no star>")).count("&lt;no star&gt;") > 0
    True
    """
    from ._html_page import RequestFacts, render_page

    return render_page(exc, RequestFacts(title), context=context, show_locals=show_locals)

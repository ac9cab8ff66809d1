"""What to write instead, for exceptions of Python whose words do not say it."""

from __future__ import annotations

import os
import re
from typing import Final

from armillary.asgi_types import yields_hint

from ._frames import steps_of
from ._hint_tables import (
    ARGUMENTS,
    ATTRIBUTES,
    HINTS,
    OF_DJANGO,
    OF_EXCEPTION,
    OF_FILES,
    OF_RUNTIME,
    OF_SESSION,
    OF_SETTERS,
)

_ASYNCIO: Final = f"{os.sep}asyncio{os.sep}"
_CO_COROUTINE: Final = 0x80  # of inspect
_RESPONSE: Final = r"(?:|EventSource|File|Redirect|Streaming)Response"
_ARGUMENT: Final = _RESPONSE + r"\.__init__\(\) got an unexpected keyword argument '(\w+)'"
_OF_EXCEPTION: Final = r"HTTPException\.__init__\(\) got an unexpected keyword argument '(\w+)'"
_OF_TEMPLATE: Final = r"\w+\.TemplateResponse\(\) got an unexpected keyword argument '(\w+)'"
_OF_FILES: Final = r"FileResponse\.__init__\(\) got an unexpected keyword argument '(\w+)'"


def hint_of(exc: BaseException) -> str | None:
    """Return a sentence with what to write, if the mistake is a known one.

    >>> hint_of(TypeError("'coroutine' object is not subscriptable"))
    'Await the call, in an async def: what an async function returns is a coroutine until then'
    """
    try:
        text = str(exc)
    except Exception:  # a class of the program whose text fails
        return None
    if isinstance(exc, RuntimeError):
        return (
            yields_hint(exc)
            or _in_thread(exc, text)
            or next((hint for start, hint in OF_RUNTIME if text.startswith(start)), None)
        )
    if type(exc).__name__ == "TemplateSyntaxError":
        return _django_tag(text)
    if not isinstance(exc, TypeError | AttributeError):
        return None
    write = _attribute(exc) if isinstance(exc, AttributeError) else _background(exc, text) or _argument(text)
    if write:
        return f"Write {write}"
    return next((hint for pattern, hint in HINTS if re.match(pattern, text)), None)


def _attribute(exc: AttributeError) -> str | None:
    if exc.name == "isascii" and any(step.tb_frame.f_code.co_name == "send_text" for step in steps_of(exc)):
        return "send_json(data) for what is no text"
    if setter := re.match(r"property '(\w+)' of '(?:Request|WebSocket)' object has no setter", str(exc)):
        return OF_SETTERS.get(setter[1])
    if exc.name and type(exc.obj).__name__ == "dict":
        return f"[{exc.name!r}]: it is a dict"
    classes = [base.__name__ for base in type(exc.obj).__mro__ if base.__module__.startswith("armillary.")]
    if "Session" in classes:
        return OF_SESSION.get(exc.name or "") or f"session[{exc.name!r}]: a session is a dict"
    return next((found for name in classes if (found := ATTRIBUTES.get(name, {}).get(exc.name or ""))), None)


def _django_tag(text: str) -> str | None:
    found = re.match(r"Encountered unknown tag '(\w+)'", text)
    write = None if found is None else OF_DJANGO.get(found[1])
    return None if write is None else f"Templates are Jinja's: write {write}"


def _background(exc: TypeError, text: str) -> str | None:
    """Return what to write for a function that is not async, or a list, as the background work of a response."""
    if text == "'list' object is not callable":
        write = "background=BackgroundTasks([...]): a list is not called"
    elif text.endswith("can't be used in 'await' expression"):
        write = "background=BackgroundTask(function, ...): a function alone must be async"
    else:
        return None
    steps = list(steps_of(exc))
    is_response = bool(steps) and steps[-1].tb_frame.f_code.co_qualname.endswith("Response.__call__")
    return write if is_response else None


def _in_thread(exc: RuntimeError, text: str) -> str | None:
    """Return what to write for a function without async that asks for the event loop of its thread."""
    if text != "no running event loop":
        return None
    codes = [step.tb_frame.f_code for step in steps_of(exc)]
    own = [code for code in codes if _ASYNCIO not in code.co_filename]
    if not own or own[-1].co_flags & _CO_COROUTINE:  # as under trio
        return None
    return "Write async def: a function without async runs in a thread, which has no event loop"


def _argument(text: str) -> str | None:
    if (found := re.match(_OF_FILES, text)) and found[1] in OF_FILES:
        return OF_FILES[found[1]]
    if found := re.match(_ARGUMENT, text):
        return ARGUMENTS.get(found[1])
    if found := re.match(_OF_EXCEPTION, text):
        return OF_EXCEPTION.get(found[1])
    found = re.match(_OF_TEMPLATE, text)
    return (
        None if found is None else f"{{{found[1]!r}: ...}} as the third argument: a template gets its values as a dict"
    )

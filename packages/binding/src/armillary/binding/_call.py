"""How functions of each kind are called with keyword arguments."""

from __future__ import annotations

# What is looked at here are the functions of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import msgspec

from armillary.asgi_types import is_async_callable
from armillary.http import UploadFile
from armillary.serialization import ValidationError, issue_at


def style_of(function: Callable[..., Any]) -> str:
    if isinstance(function, type):
        return "direct"
    is_function = inspect.isroutine(function) or isinstance(function, partial)
    inner: Any = cast(Any, function) if is_function else type(function).__call__
    if inspect.isasyncgenfunction(inner):
        return "async_generator"
    if inspect.isgeneratorfunction(inner):
        return "generator"
    return "async" if is_async_callable(function) else "thread"


def by_position(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Return a function of keywords for one with positional-only parameters; async if that one is."""
    if is_async_callable(function):

        async def call_async(**arguments: Any) -> Any:
            return await function(*[arguments.pop(name) for name in names], **arguments)

        return call_async

    def call(**arguments: Any) -> Any:
        return function(*[arguments.pop(name) for name in names], **arguments)

    return call


def file_reader(name: str, check: Callable[[bytes], Any] | None) -> Callable[..., Any]:
    """Return a function that reads the file of a form, called `name` there, and checks its bytes."""

    async def read_file(upload: UploadFile | bytes | None) -> bytes | None:
        if not isinstance(upload, UploadFile):  # the default
            return upload
        content = await upload.read()
        if check is not None:
            try:
                check(content)
            except msgspec.ValidationError as exc:
                raise ValidationError([issue_at((name,), str(exc), "string", "form")], "The request") from None
        return content

    return read_file


async def read_files(upload: list[UploadFile | bytes] | None) -> list[bytes] | None:
    if upload is None:
        return None
    return [await item.read() if isinstance(item, UploadFile) else item for item in upload]

"""One request as a record of the standard `logging` module.

A record is made without looking up the calling line, which would always be in this package; the
other attributes of `logging.LogRecord` are set under the same names.
"""

from __future__ import annotations

import logging
import os
import sys
from threading import current_thread, get_ident
from time import time
from typing import Any

from ._entry import SAMPLE_ENTRY

new_object = object.__new__


class OwnFields(dict[str, Any]):
    """The `args` of a record whose text is filled in from its own attributes."""


class AccessRecord(logging.LogRecord):
    """A `LogRecord` made from known attributes."""

    process_id = os.getpid()

    def getMessage(self) -> str:
        # Handlers may replace `msg` and `args` together, as a QueueHandler does.
        return self.msg % self.__dict__ if type(self.args) is OwnFields else super().getMessage()

    @classmethod
    def renew_process_id(cls) -> None:
        """Record the process id after a fork."""
        cls.process_id = os.getpid()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=AccessRecord.renew_process_id)


def task_name() -> str | None:
    """Return the name of the asyncio task that runs, as records have it since Python 3.12."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None or not getattr(logging, "logAsyncioTasks", True):
        return None
    try:
        name: str = asyncio.current_task().get_name()
    except (AttributeError, RuntimeError):
        return None
    return name


class RecordMaker:
    """Makes the records of one logger and level.

    Args:
        logger_name: the logger they are for.
        level: their level.
        message: their text, with fields written as `%(status)s`.

    Attributes:
        attributes: of a record that is yet to be filled in; copy it.
    """

    def __init__(self, logger_name: str, level: int, message: str) -> None:
        model = logging.LogRecord(logger_name, level, __file__, 0, message, None, None, "access")
        self.position: tuple[str, int, str, int, str] = (logger_name, level, __file__, 0, message)
        self.loaded: float = model.created - model.relativeCreated / 1000
        self.thread: int = get_ident()
        self.names_tasks: bool = "taskName" in vars(model)
        self.attributes: dict[str, Any] = {**vars(model), "args": OwnFields(), **SAMPLE_ENTRY}

    def finish(self, attributes: dict[str, Any]) -> logging.LogRecord:
        """Return the record of filled-in attributes; by the program's own factory if it has set one."""
        factory = logging.getLogRecordFactory()
        if factory is not logging.LogRecord:
            entry = {name: attributes[name] for name in SAMPLE_ENTRY}
            made: logging.LogRecord = factory(*self.position, (entry,), None, func="access")
            made.__dict__.update(entry)
            return made
        attributes["created"] = created = time()
        attributes["msecs"] = created % 1 * 1000 // 1
        attributes["relativeCreated"] = (created - self.loaded) * 1000
        attributes["process"] = AccessRecord.process_id
        thread = get_ident()
        if thread != self.thread:
            attributes["thread"] = thread
            attributes["threadName"] = current_thread().name
        if self.names_tasks:
            attributes["taskName"] = task_name()
        record = new_object(AccessRecord)
        record.__dict__ = attributes
        return record

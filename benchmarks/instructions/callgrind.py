"""Counting instructions with callgrind, and calling an ASGI application so that the count is always the same."""

from __future__ import annotations

import ctypes
import mmap
import platform
import re
import sys
from collections.abc import Callable
from typing import Any

CAN_COUNT = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether the requests below are written for this system."""

# The numbers are those of valgrind.h and callgrind.h, which are made to be copied into programs.
RUNNING_ON_VALGRIND = 0x1001
CALLGRIND = 0x43540000  # "CT"
ZERO_STATS = CALLGRIND + 1
DUMP_STATS_AT = CALLGRIND + 3
START_INSTRUMENTATION = CALLGRIND + 4
STOP_INSTRUMENTATION = CALLGRIND + 5

# A client request is how a program speaks to the valgrind it runs under: four rotations of a register, together by 128
# bits, and an exchange of a register with itself. They change nothing, and valgrind takes them for a call of its own.
# This is `unsigned long client_request(unsigned long arguments[6])` for x86-64, so that no compiler is needed.
CLIENT_REQUEST = bytes.fromhex(
    "4889f8"  # mov rax, rdi    the arguments
    "31d2"  # xor edx, edx      the result without valgrind
    "48c1c703 48c1c70d 48c1c73d 48c1c733"  # rol rdi, 3; rol rdi, 13; rol rdi, 61; rol rdi, 51
    "4887db"  # xchg rbx, rbx
    "4889d0"  # mov rax, rdx
    "c3"  # ret
)


class Callgrind:
    """The callgrind that this process runs under.

    Its command line has `--instr-atstart=no` and `--callgrind-out-file=FILE`; the counts go to FILE.1, FILE.2, ...
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, len(CLIENT_REQUEST), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page.write(CLIENT_REQUEST)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._call = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.POINTER(ctypes.c_ulong))(address)

    def _request(self, number: int, argument: int = 0) -> int:
        return int(self._call((ctypes.c_ulong * 6)(number, argument)))

    def runs(self) -> bool:
        """Return whether this process runs under valgrind."""
        return self._request(RUNNING_ON_VALGRIND) > 0

    def count(self, works: dict[str, Callable[[], None]]) -> None:
        """Do each work, and write the number of its instructions to a file under its name."""
        labels = {name: ctypes.create_string_buffer(name.encode()) for name in works}
        self._request(START_INSTRUMENTATION)
        for name, work in works.items():
            self._request(ZERO_STATS)
            work()
            self._request(DUMP_STATS_AT, ctypes.addressof(labels[name]))
        self._request(STOP_INSTRUMENTATION)


def read_count(text: str) -> tuple[str, int]:
    """Return what an output file of callgrind says: the name of the work, and its instructions.

    Raises:
        ValueError: it is not the file of a count.

    >>> read_count("desc: Trigger: Client Request: bare\\nevents: Ir\\nsummary: 117\\ntotals: 120\\n")
    ('bare', 120)
    """
    name = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
    total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    if name is None or total is None:
        raise ValueError(f"callgrind wrote no count but {text[:200]!r}")
    return name[1], int(total[1])


def step_through(coroutine: Any) -> None:
    """Await a coroutine by hand, to its end; whenever it lets others run, it goes on at once.

    Raises:
        RuntimeError: it waits for something that only an event loop delivers.
    """
    step = coroutine.send
    try:
        while (waited_for := step(None)) is None:
            pass
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError(f"the application waits for {waited_for!r}, which only an event loop delivers")

"""What importing the package loads."""

from __future__ import annotations

import subprocess
import sys

import asterism.routing


def test_importing_loads_no_event_loop_and_no_requests() -> None:
    program = (
        "import sys; before = set(sys.modules); import asterism.routing; loaded = set(sys.modules) - before;"
        "bad = {m for m in loaded if m.split('.')[0] in "
        "{'anyio', 'trio', 'asyncio', 'inspect', 'http', 'email', 'tempfile', 'uuid', 'decimal', 'datetime'}"
        " or m.startswith(('asterism.http', 'asterism.websockets'))}; print(sorted(bad))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_everything_public_is_there_and_sorted() -> None:
    names = asterism.routing.__all__
    assert [*names] == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(asterism.routing, name) for name in names)

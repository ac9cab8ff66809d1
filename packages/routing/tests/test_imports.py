"""What importing the package loads."""

from __future__ import annotations

import subprocess
import sys

import armillary.routing


def test_importing_loads_no_event_loop_and_no_requests() -> None:
    program = (
        "import sys; before = set(sys.modules); import armillary.routing; loaded = set(sys.modules) - before;"
        "bad = {m for m in loaded if m.split('.')[0] in "
        "{'anyio', 'trio', 'asyncio', 'inspect', 'http', 'email', 'tempfile', 'uuid', 'decimal'}"
        " or m.startswith(('armillary.http', 'armillary.websockets'))}; print(sorted(bad))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_everything_public_is_there_and_sorted() -> None:
    names = armillary.routing.__all__
    assert [*names] == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(armillary.routing, name) for name in names)

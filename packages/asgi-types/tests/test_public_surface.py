"""What importing the package costs and shows."""

from __future__ import annotations

import subprocess
import sys

import asterism.asgi_types


def test_every_public_name_exists_and_says_what_it_is() -> None:
    for name in asterism.asgi_types.__all__:
        assert getattr(asterism.asgi_types, name) is not None
    undocumented = [
        name
        for name in asterism.asgi_types.__all__
        if isinstance(getattr(asterism.asgi_types, name), type) and not getattr(asterism.asgi_types, name).__doc__
    ]
    assert undocumented == []


def test_importing_it_loads_no_third_party_and_nothing_heavy() -> None:
    program = (
        "import sys, typing; before = set(sys.modules)\n"
        "import asterism.asgi_types\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - {'asterism'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded <= sys.stdlib_module_names
    assert loaded.isdisjoint({"asyncio", "dataclasses", "email", "enum", "http", "inspect", "logging", "ssl"})

"""What importing the package costs and shows."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import armillary.config

MODULES = ["armillary.config"] + [
    f"armillary.config.{module.name}" for module in pkgutil.iter_modules(armillary.config.__path__)
]


def test_every_public_name_exists_and_says_what_it_is() -> None:
    assert all(getattr(armillary.config, name).__doc__ for name in armillary.config.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_its_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_importing_it_loads_no_third_party_and_nothing_heavy() -> None:
    program = (
        "import sys, typing; before = set(sys.modules)\n"
        "import armillary.config\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - {'armillary'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded <= sys.stdlib_module_names
    assert loaded.isdisjoint({"asyncio", "email", "http", "inspect", "shlex", "ssl", "hmac"})

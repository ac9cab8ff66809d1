"""What importing the package costs and shows."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import armillary.datastructures

MODULES = ["armillary.datastructures"] + [
    f"armillary.datastructures.{module.name}" for module in pkgutil.iter_modules(armillary.datastructures.__path__)
]


def test_every_public_name_exists_and_says_what_it_is() -> None:
    exported = armillary.datastructures.__all__
    assert sorted(exported, key=lambda name: (not name.isupper(), not name[0].isupper(), name)) == exported
    assert all(getattr(armillary.datastructures, name).__doc__ for name in exported)


@pytest.mark.parametrize("name", MODULES)
def test_its_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_importing_it_loads_no_third_party_no_event_loop_and_nothing_heavy() -> None:
    program = (
        "import sys, typing, contextlib, armillary.asgi_types; before = set(sys.modules)\n"
        "import armillary.datastructures\n"
        "print(*{name for name in set(sys.modules) - before if not name.startswith('armillary')})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

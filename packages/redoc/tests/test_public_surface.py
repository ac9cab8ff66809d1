from __future__ import annotations

import doctest
import subprocess
import sys

import armillary.redoc
from armillary.redoc import SCRIPT


def test_its_example_runs() -> None:
    assert doctest.testmod(armillary.redoc).failed == 0


def test_the_file_is_in_the_package_beside_its_licences() -> None:
    assert {path.name for path in SCRIPT.parent.glob("*.txt")} == {"LICENSE.redoc.txt", "NOTICES.redoc.txt"}
    assert SCRIPT.stat().st_size > 500_000


def test_importing_it_loads_no_third_party() -> None:
    program = (
        "import sys, typing, pathlib; before = set(sys.modules)\n"
        "import armillary.redoc\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - {'armillary'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= sys.stdlib_module_names

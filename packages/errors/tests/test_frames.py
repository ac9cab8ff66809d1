"""Whose code a frame runs."""

from __future__ import annotations

import json
import subprocess
import sys

from armillary.errors._frames import is_library


def own() -> None: ...


def test_code_of_the_standard_library_is_not_the_programs() -> None:
    assert is_library(json.dumps.__code__, "json")
    assert not is_library(own.__code__, __name__)


def test_a_frozen_program_whose_standard_library_has_no_files_can_import_it() -> None:
    program = "import os; del os.__file__; import armillary.errors"
    subprocess.run([sys.executable, "-c", program], check=True)

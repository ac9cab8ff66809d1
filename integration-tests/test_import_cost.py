"""What importing the packages that nearly every program imports leaves undone."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import builtins, sys
texts, compile_source = [], builtins.compile
def compile_and_note(source, *args, **kwargs):
    if isinstance(source, str):  # the source of a module is bytes
        texts.append(source)
    return compile_source(source, *args, **kwargs)
builtins.compile = compile_and_note
import armillary.{package}
print(texts, sorted(sys.modules.keys() & {{"ast", "asyncio", "dataclasses", "datetime", "inspect", "traceback"}}))
"""


@pytest.mark.parametrize("package", ["applications", "cors", "datastructures", "routing"])
def test_no_annotation_is_compiled_and_no_large_module_loaded(package: str) -> None:
    """The first text that is compiled has Python set up its syntax trees, which takes as long as twenty modules."""
    command = [sys.executable, "-S", "-c", PROGRAM.format(package=package)]
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[] []"

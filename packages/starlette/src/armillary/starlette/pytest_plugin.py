"""Run a test suite with `import starlette` served by Armillary: `pytest -p armillary.starlette.pytest_plugin`.

The alias is installed as soon as pytest loads the plugin, in front of the tests' own imports; the
interpreters that tests start inherit it, and so do the workers of pytest-xdist.

From pytest 9.2 on, the classes of a `filterwarnings` setting are imported before any plugin. If one of them brings
starlette, as `starlette.exceptions.StarletteDeprecationWarning` does, the run is ended with a `pytest.UsageError` that
holds the command which installs the alias earlier: `python -m armillary.starlette -m pytest`.
"""

from __future__ import annotations

import shlex
import sys

import pytest

from . import __version__, install
from ._alias import serving
from ._environment import inherit

PLUGIN = __name__


def installed() -> bool:
    """Install the alias and return True, or return False if the real Starlette is imported already."""
    try:
        install()
    except RuntimeError:
        return False
    inherit()
    return True


IN_TIME = installed()


def started_early(argv: list[str]) -> str:
    """Return the command that runs these arguments of pytest with the alias installed from the start."""
    arguments = list(argv)
    while PLUGIN in arguments[1:] and arguments[arguments.index(PLUGIN) - 1] == "-p":
        place = arguments.index(PLUGIN)
        del arguments[place - 1 : place + 1]
    arguments = [argument for argument in arguments if argument != f"-p{PLUGIN}"]
    return shlex.join(["python", "-m", "armillary.starlette", "-m", "pytest", *arguments])


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main() -> None:
    """Reject a run in which the real Starlette was imported before this plugin."""
    if not IN_TIME:
        raise pytest.UsageError(
            "the real starlette is imported already, by a plugin or by a class that filterwarnings names, so this run "
            f"would not test the drop-in; start it so:\n\n    {started_early(sys.argv[1:])}\n"
        )


def pytest_report_header() -> str:
    """Name the tested Starlette in the report header."""
    return f"starlette: {__version__}, {serving().partition(' is ')[2]}"

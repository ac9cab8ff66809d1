"""Run a test suite with `import starlette` served by Armillary: `pytest -p armillary.starlette.pytest_plugin`.

The alias is installed as soon as pytest loads the plugin, in front of the tests' own imports; the
interpreters that tests start inherit it, and so do the workers of pytest-xdist.
"""

from __future__ import annotations

from importlib.metadata import version

from . import __version__, install
from ._environment import inherit

install()
inherit()


def pytest_report_header() -> str:
    """Name the tested Starlette in the report header."""
    return f"starlette: {__version__}, served by armillary-starlette {version('armillary-starlette')}"

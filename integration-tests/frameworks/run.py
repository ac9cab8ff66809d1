"""Run the suite of this folder in its own environment with the frameworks, on wheels.

Django, Quart, Litestar, FastAPI on the real Starlette, Falcon and BlackSheep, and what documents say they run with, are
installed at their newest versions into `.tools/venvs/frameworks`, which is made once; this checkout's packages are
installed into it from their wheels, each time.

usage: python integration-tests/frameworks/run.py [PYTEST_OPTION ...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from documents import documents, libraries_of  # noqa: E402
from wheelhouse import make_environment  # noqa: E402

FRAMEWORKS = [
    "blacksheep>=2",
    "daphne>=4.2",
    "django>=5.2",
    "falcon>=4",
    "fastapi>=0.165",
    "hypercorn>=0.17",
    "litestar>=2.15",
    "quart>=0.20",
    "starlette==1.10.0",
]
TOOLS = ["aiosqlite>=0.20", "pytest>=8.3", "anyio>=4.9,<5", "trio>=0.27", "itsdangerous>=2.2", "websockets>=14"]


def main() -> int:
    """Make the environment and run the suite."""
    libraries = {name for path in documents() for name in libraries_of(path.read_text("utf-8"))}
    environment = make_environment("frameworks", *FRAMEWORKS, *TOOLS, *sorted(libraries))
    command = [str(environment.python), "-I", "-m", "pytest", "-c", str(HERE / "pytest.ini"), "--rootdir", str(HERE)]
    return subprocess.run([*command, *(sys.argv[1:] or [str(HERE)])], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

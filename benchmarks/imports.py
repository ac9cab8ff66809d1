"""What importing a module costs: seconds of processor time and modules, each import in a new interpreter.

Each is measured as after a plain installation: compiled once before, even if the environment forbids Python to keep
bytecode; from one folder that holds all packages, where the checkout has one for each; and without the optional
libraries that some contestant would load if they were installed. Typed endpoints stand on a library of types, which is
loaded before the clock starts for each of them: what is compared is the framework.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

IMPORTS = {
    "armillary": (
        "armillary.applications",
        "armillary.routing",
        "armillary.http",
        "armillary.applications, armillary.http",
        "armillary.cors",
        "armillary.binding",
    ),
    "starlette": (
        "starlette.applications",
        "starlette.routing",
        "starlette.responses",
        "starlette.middleware.cors",
    ),
    "fastapi": ("fastapi",),
    "falcon": ("falcon.asgi",),
    "blacksheep": ("blacksheep",),
}

OPTIONAL = ("python_multipart", "multipart")
"""Libraries that are imported if installed, and that a plain installation does not bring."""

IMPORTED_BEFORE = {"fastapi": "import pydantic", "armillary.binding": "import msgspec"}
"""What is imported before the clock starts: the library of types that each cannot do without."""

_PROGRAM = f"""
import sys, time
sys.modules.update(dict.fromkeys({OPTIONAL!r}))
{{before}}
before = len(sys.modules)
begin = time.process_time()
import {{module}}
print(time.process_time() - begin, len(sys.modules) - before)
"""


def import_costs(rounds: int = 11) -> dict[str, tuple[float, int]]:
    """Return the median seconds and the number of modules loaded, by module imported."""
    modules = [module for family in IMPORTS.values() for module in family]
    seconds: dict[str, list[float]] = {module: [] for module in modules}
    counts: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = os.path.join(folder, "compiled")
        environment["PYTHONPATH"] = os.pathsep.join([_installed(folder), sysconfig.get_path("purelib")])
        for at in range(rounds + 1):
            for module in modules:
                cost, counts[module] = _import_cost(module, environment)
                if at > 0:  # the first round compiles
                    seconds[module].append(cost)
    return {module: (median(seconds[module]), counts[module]) for module in modules}


def _installed(folder: str) -> str:
    """Return a new folder below this one that holds all packages, as their wheels are unpacked."""
    packages = Path(folder, "packages", "armillary")
    packages.mkdir(parents=True)
    for source in Path(__file__).resolve().parents[1].glob("packages/*/src/armillary/*"):
        (packages / source.name).symlink_to(source)
    return str(packages.parent)


def _import_cost(module: str, environment: dict[str, str]) -> tuple[float, int]:
    program = _PROGRAM.format(module=module, before=IMPORTED_BEFORE.get(module, ""))
    command = [sys.executable, "-S", "-c", program]  # without the paths of the checkout
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    cost, count = done.stdout.split()
    return float(cost), int(count)

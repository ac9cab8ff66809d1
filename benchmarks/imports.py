"""What importing a module costs: seconds of processor time and modules, each import in a new interpreter."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

IMPORTS = {
    "asterism": ("asterism.applications", "asterism.routing", "asterism.http", "asterism.applications, asterism.http"),
    "starlette": ("starlette.applications", "starlette.routing", "starlette.responses"),
    "falcon": ("falcon.asgi",),
    "blacksheep": ("blacksheep",),
}

_PROGRAM = """
import sys, time
before = len(sys.modules)
begin = time.process_time()
import {module}
print(time.process_time() - begin, len(sys.modules) - before)
"""


def import_costs(rounds: int = 7) -> dict[str, tuple[float, int]]:
    """Return the median seconds and the number of modules loaded, by module imported."""
    modules = [module for family in IMPORTS.values() for module in family]
    seconds: dict[str, list[float]] = {module: [] for module in modules}
    counts: dict[str, int] = {}
    for _ in range(rounds):
        for module in modules:
            output = subprocess.run(
                [sys.executable, "-c", _PROGRAM.format(module=module)], check=True, capture_output=True, text=True
            ).stdout.split()
            seconds[module].append(float(output[0]))
            counts[module] = int(output[1])
    return {module: (median(seconds[module]), counts[module]) for module in modules}

"""Counts the instructions of a request in twelve scenarios, and fails if the toolkit's share has grown.

python benchmarks/instructions/check.py                  count, and compare with benchmarks/instructions.json
python benchmarks/instructions/check.py --record         accept the ratios of this run
python benchmarks/instructions/check.py --only JSON      the scenarios whose name contains the word

A ratio is the toolkit's instructions, divided by those of a bare ASGI callable that does the same work in the same
process.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from callgrind import CAN_COUNT, read_count
from counting import REQUESTS
from frame import BARE
from ratios import Count, accept, read_accepted, table, verdict, write_accepted
from scenarios import SCENARIOS

HERE = Path(__file__).resolve().parent
FILE = HERE.parent / "instructions.json"
LAYOUTS = 3
"""With how many layouts of the memory each scenario is counted; see `shift_memory`."""

SECONDS = 300
"""How long the count with one layout may take."""

PYTHON = ".".join(platform.python_version_tuple()[:2])
_OPTIONS = f"{sysconfig.get_config_vars('CONFIG_ARGS', 'PY_CORE_CFLAGS')}".encode()
BUILD = f"CPython {platform.python_version()}, {platform.python_compiler()}, options {zlib.crc32(_OPTIONS):08x}"
"""The interpreter and what it was compiled with, which decide how many instructions the same code takes."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the instructions of a request with the accepted ones.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--only", default="", metavar="WORD", help="the scenarios whose name contains WORD")
    choice.add_argument("--record", action="store_true", help=f"write the ratios of this run to {FILE.name}")
    arguments = parser.parse_args()
    if not any(arguments.only in name for name in SCENARIOS):
        parser.error(f"no scenario's name contains {arguments.only!r}; there are {', '.join(SCENARIOS)}")
    return arguments


def _find_valgrind() -> str:
    if not CAN_COUNT:
        raise SystemExit(f"bench-check counts on Linux on x86-64, not on {platform.system()} on {platform.machine()}")
    if (valgrind := shutil.which("valgrind")) is None:
        raise SystemExit("bench-check needs valgrind; on Debian and Ubuntu: apt-get install valgrind")
    return valgrind


def _run(command: list[str]) -> None:
    """Run a command in an environment that is always the same: even its size has an influence on addresses."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", **kept}
    done = subprocess.run(
        command, env=environment, cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def count(valgrind: str, names: list[str], layout: int) -> dict[str, int]:
    """Count scenarios with one layout of the memory.

    Returns:
        The instructions of all requests, by the name of the scenario and the contestant, with a slash between.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=callgrind", "-q", "--vgdb=no", "--instr-atstart=no", f"--callgrind-out-file={folder}/%p"]
        _run([valgrind, *options, sys.executable, "counting.py", str(layout), *names])
        return dict(read_count(file.read_text("utf-8")) for file in Path(folder).glob("*.*"))


def count_all(valgrind: str, names: list[str]) -> dict[str, Count]:
    """Count scenarios with several layouts of the memory, and return the lowest counts of a request."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(partial(count, valgrind, names), range(LAYOUTS)))

    def lowest(name: str, contestant: str) -> float:
        return min(counts[f"{name}/{contestant}"] for counts in found) / REQUESTS

    return {name: Count(lowest(name, BARE), lowest(name, "armillary")) for name in names}


def main() -> int:
    """Count, print the report, and return 1 if a ratio has grown."""
    arguments = _arguments()
    valgrind = _find_valgrind()
    _run([sys.executable, "counting.py"])  # a wrong response is found before anything is counted
    counts = count_all(valgrind, [name for name in SCENARIOS if arguments.only in name])
    recorded = read_accepted(FILE)
    accepted = recorded.get(PYTHON)
    print(f"{BUILD}\n{table(counts, accepted)}\n")
    if arguments.record:
        write_accepted(FILE, {**recorded, PYTHON: accept(BUILD, counts)})
        print(f"Recorded for Python {PYTHON} in benchmarks/{FILE.name}. Commit it with what made the change.")
        return 0
    lines, has_grown = verdict(PYTHON, BUILD, counts, accepted)
    print("\n".join(lines))
    return int(has_grown)


if __name__ == "__main__":
    raise SystemExit(main())

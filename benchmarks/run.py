"""Times the toolkit and its peers in one run and prints a table.

python benchmarks/run.py                    everything, in under a minute
python benchmarks/run.py --only plaintext   the cases whose name contains the word
python benchmarks/run.py --json FILE        also write the figures
python benchmarks/run.py --rounds 31        more rounds, steadier medians
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cases
from frame import BARE, run
from imports import import_costs
from targets import verdicts

CASES = [import_module(f"cases.{found.name}") for found in iter_modules(cases.__path__)]
PEERS = ("armillary", "starlette", "falcon", "blacksheep")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the toolkit and its peers side by side.")
    parser.add_argument("--only", default="", metavar="WORD", help="run the cases whose name contains WORD")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="interleaved rounds (15)")
    parser.add_argument(
        "--seconds", type=float, default=0.02, metavar="S", help="about the length of one timing (0.02)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--no-imports", action="store_true", help="skip the import times")
    return parser.parse_args()


def _version(peer: str) -> str:
    try:
        return version("armillary-applications" if peer == "armillary" else peer)
    except PackageNotFoundError:
        return "from source"


def _print_overheads(name: str, seconds: dict[str, float]) -> None:
    against = next(peer for peer in ("starlette", "fastapi") if peer in seconds)
    peers = [peer for peer in PEERS if peer in seconds]
    others = [peer for peer in seconds if peer not in (*PEERS, BARE)]
    cells = [_cell(seconds[peer], seconds[against]) for peer in peers]
    cells += [f"{peer} {_cell(seconds[peer], seconds[against])}" for peer in others]
    print(f"{name:16}{seconds[BARE] * 1e6:8.2f}  {'  '.join(cells)}", flush=True)


def _cell(seconds: float, reference: float) -> str:
    return f"{seconds * 1e6:8.2f} ({seconds / reference:4.2f})"


def _print_imports(costs: dict[str, tuple[float, int]]) -> None:
    print("\nimport, ms and modules loaded")
    for module, (seconds, count) in costs.items():
        print(f"  {module:38}{seconds * 1e3:8.1f}  {count:5}")


def main() -> None:
    """Run the cases and print what they took."""
    arguments = _arguments()
    versions = {peer: _version(peer) for peer in PEERS}
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {number}' for name, number in versions.items())}")
    print("overhead over a bare ASGI callable, µs per request (share of Starlette's)\n")
    print(f"{'':16}{BARE:>8}  {'  '.join(f'{peer:>15}' for peer in PEERS)}")
    gc.freeze()
    figures: dict[str, dict[str, float]] = {}
    for module in CASES:
        for name, contest in module.contests():
            if arguments.only in name:
                figures[name] = run(contest, arguments.rounds, arguments.seconds)
                _print_overheads(name, figures[name])
    imports = None if arguments.no_imports or arguments.only else import_costs()
    if imports is not None:
        _print_imports(imports)
    print()
    for what, ratio, most in verdicts(figures, imports):
        print(f"{'met   ' if ratio <= most else 'MISSED'}  {what}: {ratio:.2f}, at most {most}")
    if arguments.json is not None:
        result: dict[str, Any] = {"python": platform.python_version(), "versions": versions, "seconds": figures}
        result["imports"] = imports
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

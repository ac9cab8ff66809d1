"""Times the toolkit and its peers in one run and prints a table.

python benchmarks/run.py                    everything, FastAPI programs too, in about two minutes
python benchmarks/run.py --only plaintext   the cases whose name contains the word
python benchmarks/run.py --subject small_responses
                                            the cases of one module of cases/, and no other application is made
python benchmarks/run.py --json FILE --svg FILE --markdown FILE
                                            also write the figures, a picture and a table of them
python benchmarks/run.py --rounds 31        more rounds, steadier medians
python benchmarks/run.py --instructions     count instructions under callgrind in place of time
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cases
import fastapi_programs
from counted import count_contest, start_under_callgrind
from frame import BARE, ResponsesDiffer, run
from imports import import_costs
from peers import PEERS
from report import INSTRUCTIONS, MICROSECONDS, Unit, markdown, picture
from targets import verdicts

SUBJECTS = [found.name for found in iter_modules(cases.__path__)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the toolkit and its peers side by side.")
    parser.add_argument("--only", default="", metavar="WORD", help="run the cases whose name contains WORD")
    parser.add_argument("--subject", choices=SUBJECTS, metavar="MODULE", help=f"one of {', '.join(SUBJECTS)}")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="interleaved rounds (15)")
    parser.add_argument(
        "--seconds", type=float, default=0.02, metavar="S", help="about the length of one timing (0.02)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of them to FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a table of them to FILE")
    parser.add_argument("--instructions", action="store_true", help="count instructions under valgrind's callgrind")
    parser.add_argument("--no-imports", action="store_true", help="skip the import times")
    return parser.parse_args()


def _version(peer: str) -> str:
    try:
        return version("armillary-applications" if peer == "armillary" else peer)
    except PackageNotFoundError:
        return "from source"


def _print_overheads(name: str, seconds: dict[str, float], unit: Unit) -> None:
    against = next((peer for peer in ("starlette", "fastapi") if peer in seconds), None)
    reference = None if against is None else seconds[against]
    cells = [_cell(seconds.get(peer), reference, unit) for peer in PEERS]
    others = [f"{peer}{_cell(seconds[peer], reference, unit)}" for peer in seconds if peer not in (*PEERS, BARE)]
    print("  ".join([f"{name:16}{seconds[BARE] * unit.scale:8.2f}", *cells, *others]), flush=True)


def _cell(seconds: float | None, reference: float | None, unit: Unit) -> str:
    if seconds is None or reference is None:
        return " " * 15
    return f"{seconds * unit.scale:8.2f} ({seconds / reference:4.2f})"


def _print_imports(costs: dict[str, tuple[float, int]]) -> None:
    print("\nimport, ms and modules loaded")
    for module, (seconds, count) in costs.items():
        print(f"  {module:38}{seconds * 1e3:8.1f}  {count:5}")


def main() -> None:
    """Run the cases and print what they took."""
    arguments = _arguments()
    unit = INSTRUCTIONS if arguments.instructions else MICROSECONDS
    if arguments.instructions:
        start_under_callgrind(tempfile.mkdtemp())
    versions = {peer: _version(peer) for peer in PEERS}
    made = f"Python {platform.python_version()}, " + ", ".join(f"{peer} {number}" for peer, number in versions.items())
    print(f"{made}\noverhead of a request over a bare ASGI callable, in {unit.name} (share of Starlette's)\n")
    print(f"{'':16}{BARE:>8}  {'  '.join(f'{peer:>15}' for peer in PEERS)}")
    gc.freeze()
    figures: dict[str, dict[str, float]] = {}
    for subject in [arguments.subject] if arguments.subject else SUBJECTS:
        for name, contest in import_module(f"cases.{subject}").contests():
            if arguments.only in name:
                try:
                    figures[name] = (
                        count_contest(contest)
                        if arguments.instructions
                        else run(contest, arguments.rounds, arguments.seconds)
                    )
                except ResponsesDiffer as exc:
                    raise SystemExit(f"{name} is not compared: {exc}") from None
                _print_overheads(name, figures[name], unit)
    is_whole = not (arguments.only or arguments.subject or arguments.instructions)
    imports = import_costs() if is_whole and not arguments.no_imports else None
    if imports is not None:
        _print_imports(imports)
    programs = fastapi_programs.compare(1) if is_whole else None
    if programs is not None:
        print()
        fastapi_programs.print_figures(programs)
    print()
    found = [*verdicts(figures, imports), *(fastapi_programs.verdicts(programs) if programs is not None else ())]
    for what, ratio, most in found:
        print(f"{'met   ' if ratio <= most else 'MISSED'}  {what}: {ratio:.2f}, at most {most}")
    if arguments.svg is not None:
        arguments.svg.write_text(picture(figures, made, unit))
    if arguments.markdown is not None:
        arguments.markdown.write_text(markdown(figures, made, unit))
    if arguments.json is not None:
        result: dict[str, Any] = {"python": platform.python_version(), "versions": versions, unit.key: figures}
        result.update({"imports": imports, "FastAPI programs, microseconds": programs})
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Fuzz the parsers, one after the other, each in a process of its own, from the corpora that are kept beside this file.

usage: python tools/fuzz/run.py [--seconds 60] [--planted] [target ...]

A corpus is a folder of seeds; what is found new is used in this run and not kept. A finding is written to
`.tools/fuzz/`, and exits with 1. With `--planted` every target has a bug, and the seeds that show it are left out: one
that is not found in its time exits with 1.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.name for path in (HERE / "corpus").iterdir())
FINDINGS = HERE.parents[1] / ".tools" / "fuzz"
LONGEST = {"multipart": 600, "json": 1000}  # bytes of an input
OTHERS = 300
INSTRUMENTED = ["armillary", "python_multipart", "fuzz"]


def fuzz_inside(name: str, found: str, options: list[str]) -> None:
    """Fuzz one target in this process, until libFuzzer ends it; `found` is the folder that the seeds are copied to."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import TARGETS
    for seed in (HERE / "corpus" / name).iterdir():
        with suppress(AssertionError):  # raised by the planted bug; a test holds the seeds to everything else
            TARGETS[name](seed.read_bytes())
            shutil.copy(seed, found)
    atheris.Setup([sys.argv[0], *options, found], TARGETS[name])
    atheris.Fuzz()


def fuzz(name: str, seconds: int, planted: bool) -> bool:
    """Fuzz one target in a process; return whether what was to be found was: nothing, or the planted bug."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        findings = Path(folder, "finding") if planted else FINDINGS / name
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST.get(name, OTHERS)}",
            f"-artifact_prefix={findings}-",
            "-print_final_stats=1",
            "-timeout=10",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.run", "--inside", name, str(corpus), *options],
            cwd=HERE.parent,
            env=os.environ | {"FUZZ_PLANT": str(int(planted))},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + 600,  # on a busy machine it takes minutes to load
        )
    output = done.stderr + done.stdout
    executions = re.findall(r"^(?:#|stat::number_of_executed_units: )(\d+)", output, re.MULTILINE)
    is_right = ("the planted bug" in output) if planted else not done.returncode
    outcome = "the planted bug" if planted and is_right else "FOUND" if done.returncode else "nothing"
    print(f"{name}: {executions[-1] if executions else 0} executions, {outcome}", flush=True)
    if not is_right:
        print(output[-3000:])
    return is_right


def main() -> int:
    if sys.argv[1:2] == ["--inside"]:
        fuzz_inside(sys.argv[2], sys.argv[3], sys.argv[4:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"all by default: {', '.join(NAMES)}")
    parser.add_argument("--planted", action="store_true", help="look for the planted bugs")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - set(NAMES))
    if unknown or options.seconds < 1:
        parser.error(f"there is no target {unknown[0]!r}" if unknown else "--seconds must be 1 or more")
    results = [fuzz(name, options.seconds, options.planted) for name in options.targets or NAMES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Fuzz the parsers, one after the other, each in a process of its own, from the corpora that are kept beside this file.

usage: python tools/fuzz/run.py [--seconds 60] [target ...]

A corpus is a folder of seeds; what is found new is used in this run and not kept. A finding is written to
`.tools/fuzz/`, and exits with 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.name for path in (HERE / "corpus").iterdir())
FINDINGS = HERE.parents[1] / ".tools" / "fuzz"
LONGEST = 4096  # bytes of an input


def fuzz_inside(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, until libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["armillary", "python_multipart"]):
        from targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one target in a process; return whether nothing was found."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        arguments = [found, str(HERE / "corpus" / name)]
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={FINDINGS / name}-"]
        done = subprocess.run(
            [sys.executable, __file__, "--inside", name, *options, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + 120,
        )
    executions = re.findall(r"^#(\d+)", done.stderr, re.MULTILINE)
    print(f"{name}: {executions[-1] if executions else 0} executions, {'nothing' if not done.returncode else 'FOUND'}")
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode == 0


def main() -> int:
    if sys.argv[1:2] == ["--inside"]:
        fuzz_inside(sys.argv[2], sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"all by default: {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - set(NAMES))
    if unknown or options.seconds < 1:
        parser.error(f"there is no target {unknown[0]!r}" if unknown else "--seconds must be 1 or more")
    results = [fuzz(name, options.seconds) for name in options.targets or NAMES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

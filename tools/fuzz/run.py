"""Fuzz the parsers, one after the other, each in a process of its own, from the corpora that are kept beside this file.

usage: python tools/fuzz/run.py [--seconds 60] [--planted] [target ...]

A corpus is a folder of seeds; what is found new is used in this run and not kept. A finding is written to
`.tools/fuzz/`, and exits with 1. With `--planted` every target has the bug of `plants.py`, and the seeds that show it
are left out. It is found if the input that fails passes without it; one that is not found in its time exits with 1.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.name for path in (HERE / "corpus").iterdir())
FINDINGS = HERE.parents[1] / ".tools" / "fuzz"
LONGEST = {"multipart": 600, "json": 1100}  # bytes of an input
OTHERS = 300
INSTRUMENTED = ["armillary", "python_multipart", "fuzz"]
WORDS = {  # that no mutation of bytes makes in a minute
    "authorization": ["Basic ", "Og==", "Ojo=", "w6k6"],
    "graphql": ["...F", "fragment F on Node", "first:", "page:{ids:[1]}", "name"],
    "http_date": ["Jan", "Feb", "Mar", "Apr", "Jun", "Dec", "29", "31", "2000", "1900", "Saturday", "GMT"],
    "json": ["\\\\uD800", "\\\\udc00", "1e999", "NaN"],
    "accept": ["q=0.", ";q=", "001"],
    "session_cookie": ["{}", "[]", "null", '{\\"a\\":1}', "\\xa0"],
    "multipart": ["--B", "--B--", "\\x0d\\x0a", "Content-Disposition: form-data; name=", "filename="],
}


def fuzz_inside(name: str, found: str, options: list[str]) -> None:
    """Fuzz one target in this process, until libFuzzer ends it; `found` is the folder that the seeds are copied to."""
    import atheris

    from fuzz.plants import PLANTS, plant

    is_planted = os.environ.get("FUZZ_PLANT") == "1"
    if is_planted:
        plant(PLANTS[name])
    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import load

        target = load(name)
    if Path(found).is_dir():
        for seed in (HERE / "corpus" / name).iterdir():
            if not is_planted or passes(target, seed.read_bytes()):
                shutil.copy(seed, found)
    atheris.Setup([sys.argv[0], *options, found], target)
    atheris.Fuzz()


def passes(target: Callable[[bytes], None], data: bytes) -> bool:
    try:
        target(data)
    except Exception:
        return False
    return True


def start(name: str, found: Path, options: list[str], seconds: int, planted: bool) -> subprocess.CompletedProcess[str]:
    """Run a target in a process: over a folder with a corpus, or once over a file."""
    return subprocess.run(
        [sys.executable, "-m", "fuzz.run", "--inside", name, str(found), *options],
        cwd=HERE.parent,
        env=os.environ | {"FUZZ_PLANT": str(int(planted))},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds + 600,  # on a busy machine it takes minutes to load
    )


def fuzz(name: str, seconds: int, planted: bool) -> bool:
    """Fuzz one target in a process; return whether what was to be found was: nothing, or the planted bug."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus, findings, words = Path(folder, "corpus"), Path(folder, "findings"), Path(folder, "words")
        corpus.mkdir()
        findings.mkdir()
        words.write_text("".join(f'"{word}"\n' for word in WORDS.get(name, ["word"])), "utf-8")
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST.get(name, OTHERS)}",
            f"-artifact_prefix={findings}/",
            f"-dict={words}",
            "-print_final_stats=1",
            "-timeout=10",
        ]
        done = start(name, corpus, options, seconds, planted)
        found = next(findings.iterdir(), None)
        is_right = found is None and not done.returncode
        if planted:
            is_right = found is not None and not start(name, found, [], 60, planted=False).returncode
        elif found is not None:
            shutil.copy(found, FINDINGS / f"{name}-{found.name}")
    output = re.sub("INFO: Instrumenting .*\n", "", done.stderr + done.stdout)
    executions = re.findall(r"^(?:#|stat::number_of_executed_units: )(\d+)", output, re.MULTILINE)
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
    parser.add_argument("--planted", action="store_true", help="look for the bugs of plants.py")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - set(NAMES))
    if unknown or options.seconds < 1:
        parser.error(f"there is no target {unknown[0]!r}" if unknown else "--seconds must be 1 or more")
    results = [fuzz(name, options.seconds, options.planted) for name in options.targets or NAMES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

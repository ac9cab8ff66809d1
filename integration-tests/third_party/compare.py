"""Run a program of popular packages on the real Starlette and on the drop-in, and print where its answers differ.

Both runs share one environment, made by uv in a cache outside the repository. The table is Markdown, as it stands in
the documentation.

usage: python integration-tests/third_party/compare.py [--python VERSION]

exit status: 0 where every part works and answers alike.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from suite import make_environment, own_packages  # noqa: E402

PACKAGES = {
    "sse-starlette": "3.7.0",
    "slowapi": "0.1.10",
    "prometheus-fastapi-instrumentator": "8.1.0",
    "starlette-exporter": "0.24.0",
    "sqladmin": "0.32.0",
    "starlette-admin": "1.0.3",
    "authlib": "1.9.9",
    "mcp": "2.3.0",
    "starlette-context": "0.5.1",
    "opentelemetry-instrumentation-starlette": "0.66b1",
    "sentry-sdk": "2.75.0",
}
"""What is compared; a part of the program is named after its package."""

SUPPORT = ["starlette==1.10.0", "fastapi==0.165.0", "httpx2", "httpx", "itsdangerous", "python-multipart", "jinja2"]
SUPPORT += ["sqlalchemy", "opentelemetry-sdk"]

REAL: tuple[str, ...] = ()
OURS = ("-m", "armillary.starlette", "-q")


def answers(interpreter: Path, prefix: tuple[str, ...]) -> dict[str, Any]:
    """Run the program and return what each part of it answered."""
    command = [str(interpreter), *prefix, str(HERE / "program.py")]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def part_of(package: str) -> str:
    """Return the name of the function of the program that uses a package."""
    name = package.replace("-", "_")
    return "opentelemetry_instrumentation" if name.startswith("opentelemetry") else name


def verdict(real: Any, ours: Any) -> str:
    if isinstance(real, dict):
        return f"fails with the real Starlette: {real['error']}"
    return "the same" if real == ours else f"differs: {ours!r} instead of {real!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to run on")
    arguments = parser.parse_args()

    pinned = [f"{name}=={version}" for name, version in PACKAGES.items()]
    interpreter = make_environment("third-party", arguments.python, [*pinned, *SUPPORT, *own_packages()])
    real, ours = answers(interpreter, REAL), answers(interpreter, OURS)
    verdicts = {name: verdict(real[part_of(name)], ours[part_of(name)]) for name in PACKAGES}
    print("| package | version | answers |\n| --- | --- | --- |")
    for name, found in verdicts.items():
        print(f"| {name} | {PACKAGES[name]} | {found} |")
    return int(any(found != "the same" for found in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Runs the programs of `programs` from start to end, and prints what was seen of each as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
from differential import routes  # type: ignore[import-not-found]


async def main() -> None:
    results: dict[str, Any] = {}
    for path in sorted(Path(__file__).with_name("programs").glob("*.py")):
        results[path.stem] = await import_module(f"programs.{path.stem}").run()
    compiled, kept = routes()
    sys.stdout.write(json.dumps({"results": results, "compiled": compiled, "kept": kept}))


if __name__ == "__main__":
    anyio.run(main, backend=sys.argv[1])

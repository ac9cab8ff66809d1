"""Print the name of the distribution that a folder of `packages/` holds."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / "packages"


def distribution_name(folder: str) -> str:
    """Return the project name declared in `packages/<folder>/pyproject.toml`."""
    metadata = tomllib.loads((PACKAGES / folder / "pyproject.toml").read_text("utf-8"))
    return str(metadata["project"]["name"])


if __name__ == "__main__":
    print(distribution_name(sys.argv[1]))

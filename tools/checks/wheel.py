"""Check of a package's wheel: it can be built, and holds the package and nothing else."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from charter import module_name
from wheelhouse import build_wheel
from workspace import Package


def check_wheel(package: Package) -> Iterator[str]:
    """Check what the package's wheel holds."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = build_wheel(package, Path(folder))
        except Exception as exc:
            yield f"no wheel can be built: {exc}"
            return
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    if not any(re.fullmatch(r"[^/]+\.dist-info/licenses/LICENSE", name) for name in names):
        yield "the wheel holds no LICENSE"
    home = module_name(package.name).replace(".", "/") + "/"
    code = [name for name in names if ".dist-info/" not in name]
    if home + "py.typed" not in names:
        yield "the wheel holds no py.typed"
    # Python reads start-up files at the root of site-packages only; they carry the distribution's name.
    start_up = [package.project["name"].replace("-", "_") + suffix for suffix in (".pth", ".start")]
    outside = [name for name in code if not name.startswith(home) and name not in start_up]
    yield from (f"the wheel holds {name}, outside of {home}" for name in outside)

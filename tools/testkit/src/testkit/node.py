"""npm packages that tests run."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from testkit.services import require_program


def install_npm_packages(declared: Path, cache: Path) -> Path:
    """Install the packages of a lock file, unless they are, and return the folder of node_modules.

    Args:
        declared: a folder with package.json and package-lock.json.
        cache: the folder to install into; each state of the lock file has one below it.
    """
    require_program("node")
    require_program("npm")
    lock = declared / "package-lock.json"
    installed = cache / hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    if not installed.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=cache))
        for path in (declared / "package.json", lock):
            shutil.copy(path, folder)
        command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        with contextlib.suppress(OSError):  # another process was first
            folder.rename(installed)
    return installed / "node_modules"

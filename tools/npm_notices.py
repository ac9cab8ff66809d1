"""The licences of the npm packages that a bundle is made of."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PACKAGE = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+(?=/)")
LICENCE = re.compile(r"(licen[sc]e|copying|notice|thirdpartynotice)", re.IGNORECASE)
WITHOUT_A_FILE = "No licence file is published with it; its package.json names the licence."


class Package(NamedTuple):
    """A package that npm has installed.

    Attributes:
        name: its name.
        version: its version.
        licence: the name of its licence.
        text: the licence and notices that are published with it.
    """

    name: str
    version: str
    licence: str
    text: str


def bundled_folders(sources: Iterable[str]) -> list[str]:
    """Return the folders of the packages that some files are of.

    Args:
        sources: paths, as in a bundler's list of its inputs.
    """
    found = (PACKAGE.match(source) for source in sources)
    return sorted({match.group() for match in found if match})


def package_in(folder: Path) -> Package:
    """Return what a folder says of its package."""
    about = json.loads((folder / "package.json").read_text("utf-8"))
    files = sorted(file for file in folder.iterdir() if file.is_file() and LICENCE.match(file.name))
    text = "\n".join(file.read_text("utf-8").strip() for file in files)
    return Package(about["name"], about["version"], str(about.get("license", "unknown")), text or WITHOUT_A_FILE)


def notices(release: str, packages: Iterable[Package]) -> str:
    """Return the document: each text once, with the packages that it is of.

    Args:
        release: what bundles the packages.
        packages: the packages.
    """
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for package in sorted(packages):
        owners[package.licence, package.text].append(f"{package.name} {package.version}")
    parts = [f"{release} contains the packages below, under their own licences.\n"]
    for (licence, text), names in sorted(owners.items(), key=lambda item: item[1]):
        parts.append(f"{'-' * 80}\n{', '.join(names)} ({licence})\n\n{text}\n")
    return "\n".join(parts)

from __future__ import annotations

import json
from pathlib import Path

from npm_notices import WITHOUT_A_FILE, Package, bundled_folders, notices, package_in


def package(folder: Path, **files: str) -> Path:
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": folder.name, "version": "1.0.0", "license": "MIT"}))
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def test_the_packages_of_a_bundle_are_those_of_its_inputs() -> None:
    inputs = ["page.js", "node_modules/b/x.js", "node_modules/c/node_modules/@d/e/y.js", "node_modules/b/lib/z.js"]
    assert bundled_folders(inputs) == ["node_modules/b", "node_modules/c/node_modules/@d/e"]


def test_the_licence_is_every_file_that_is_one(tmp_path: Path) -> None:
    texts = {"LICENSE": "Permission is granted.\n", "NOTICE": "Made by Ada.", "README": "A package."}
    both = package(tmp_path / "both", **texts, ThirdPartyNotices="And by Vega.")
    text = "Permission is granted.\nMade by Ada.\nAnd by Vega."
    assert package_in(both) == Package("both", "1.0.0", "MIT", text)
    assert package_in(package(tmp_path / "none")).text == WITHOUT_A_FILE


def test_a_text_is_there_once_with_all_it_is_of() -> None:
    packages = [Package("b", "2", "MIT", "same"), Package("a", "1", "MIT", "same"), Package("c", "3", "0BSD", "other")]
    document = notices("x", packages)
    assert document.count("same") == 1
    assert document.index("a 1, b 2 (MIT)") < document.index("c 3 (0BSD)")

from __future__ import annotations

import json
from pathlib import Path

from npm_notices import WITHOUT_A_FILE, bundled_packages, licence_of, notices

GRAPHIQL = Path(__file__).parents[2] / "packages/graphql/src/armillary/graphql/graphiql"


def package(folder: Path, **files: str) -> Path:
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"license": "MIT"}))
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def test_the_packages_of_a_bundle_are_those_of_its_source_map() -> None:
    sources = [
        "../src/a.ts",
        "../../node_modules/b/x.js",
        "node_modules/c/node_modules/@d/e/y.js",
        "node_modules/b/z.js",
    ]
    assert bundled_packages(json.dumps({"sources": sources})) == ["@d/e", "b"]


def test_the_licence_is_every_file_that_is_one(tmp_path: Path) -> None:
    both = package(tmp_path / "both", LICENSE="Permission is granted.\n", NOTICE="Made by Ada.", README="A package.")
    assert licence_of(both) == ("MIT", "Permission is granted.\nMade by Ada.")
    assert licence_of(package(tmp_path / "none")) == ("MIT", WITHOUT_A_FILE)


def test_a_text_is_there_once_with_all_it_is_of() -> None:
    document = notices("x@1", {"b": ("MIT", "same"), "a": ("MIT", "same"), "c": ("0BSD", "other")})
    assert document.count("same") == 1
    assert document.index("a, b (MIT)") < document.index("c (0BSD)")


def test_the_notices_of_graphiql_name_what_it_bundles() -> None:
    document = (GRAPHIQL / "NOTICES.graphiql.txt").read_text("utf-8")
    for name in ("codemirror (MIT)", "entities (BSD-2-Clause)", "@react-aria/focus", "(Apache-2.0)", "Apache License"):
        assert name in document

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sbom


def names_of(package: str, folder: Path) -> set[str]:
    bill = json.loads(sbom.write(package, folder).read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["name"] == f"armillary-{package}"
    return {component["name"] for component in bill["components"]}


def test_dependencies_and_those_of_extras_are_listed(tmp_path: Path) -> None:
    names = names_of("compression", tmp_path)
    assert {"armillary-datastructures", "brotli", "backports-zstd", "zlib-ng"} <= names
    assert "pytest" not in names
    assert (tmp_path / "armillary_compression.cdx.json").is_file()


@pytest.mark.parametrize(
    ("package", "bundled"),
    [
        ("graphql", {"graphiql", "react-dom", "monaco-editor", "graphiql.js"}),
        ("openapi", {"swagger-ui-dist"}),
        ("redoc", {"redoc"}),
    ],
)
def test_npm_packages_in_the_wheel_are_listed_with_their_files(package: str, bundled: set[str], tmp_path: Path) -> None:
    assert bundled <= names_of(package, tmp_path)

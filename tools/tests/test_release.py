from __future__ import annotations

from typing import Any

import pytest
from charter import ROOT, load_charter
from release import CORE_TRAIN, metadata_of, packages_of


def test_a_tag_releases_the_package_it_names(checkout: Any) -> None:
    assert packages_of("armillary-cors-1.0.0", checkout.root) == ["cors"]
    assert packages_of("armillary-1.0.0", checkout.root) == ["armillary"]


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("cors-1.0.0", "is no release tag"),
        ("armillary-cors-1.0", "is no release tag"),
        ("armillary-nosuch-1.0.0", "there is no packages/nosuch"),
        ("armillary-cors-1.0.1", "says 1.0.0"),
        ("armillary-asgi-types-1.0.0", "is released with the core train, tag armillary-core-1.0.0"),
    ],
)
def test_a_tag_that_does_not_fit_is_rejected(checkout: Any, tag: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        packages_of(tag, checkout.root)


def test_a_release_needs_its_section_in_the_changelog(checkout: Any) -> None:
    checkout.replace("packages/cors/CHANGELOG.md", "## 1.0.0", "## Unreleased")
    with pytest.raises(ValueError, match=r'has no section "## 1\.0\.0"'):
        packages_of("armillary-cors-1.0.0", checkout.root)


def test_the_packages_of_the_train_share_one_version() -> None:
    version = metadata_of("starlette")["project"]["version"]
    assert packages_of(f"armillary-core-{version}") == list(CORE_TRAIN)


def test_the_train_brings_no_sibling_that_is_released_by_itself() -> None:
    charter = load_charter()
    parts = set(CORE_TRAIN) - {"starlette"}  # which stands on every part that exists
    assert {sibling for name in parts for sibling in charter[name].siblings} <= parts


def test_the_guide_for_contributors_names_the_packages_of_the_train() -> None:
    assert f"({', '.join(CORE_TRAIN)})" in " ".join((ROOT / "CONTRIBUTING.md").read_text("utf-8").split())

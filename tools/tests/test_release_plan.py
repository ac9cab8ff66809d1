from __future__ import annotations

import pytest
from charter import ROOT, load_charter
from release import CORE_TRAIN
from release_plan import next_patch, plan, written
from workspace import Workspace

WORKSPACE = Workspace(ROOT, load_charter())


def test_a_fix_in_the_train_releases_the_train_first_and_the_meta_package_last() -> None:
    made = plan(WORKSPACE, ["datastructures"])
    (train,) = made.first
    assert train.packages == CORE_TRAIN
    assert train.tag == f"armillary-core-{next_patch(WORKSPACE.packages['datastructures'].project['version'])}"
    assert made.following[-1].packages == ("armillary",)


def test_every_package_that_requires_the_fixed_package_raises_its_bound() -> None:
    made = plan(WORKSPACE, ["datastructures"])
    raised = {name for release in (*made.first, *made.following) for name in release.bounds}
    assert raised == {
        name
        for name, package in WORKSPACE.packages.items()
        if "armillary-datastructures"
        in (package.folder / "pyproject.toml").read_text("utf-8").replace('name = "armillary-datastructures"', "")
    }
    bound = f"armillary-datastructures>={next_patch(WORKSPACE.packages['datastructures'].project['version'])}"
    assert all(bound in bounds for release in made.following for bounds in release.bounds.values())


def test_a_fix_in_a_part_that_the_drop_in_depends_on_takes_the_train_along() -> None:
    made = plan(WORKSPACE, ["cors"])
    assert [release.packages for release in made.first] == [("cors",)]
    assert [release.packages for release in made.following] == [CORE_TRAIN, ("armillary",)]
    assert list(made.following[0].bounds) == ["starlette"]


def test_every_package_is_released_or_reached_or_has_nothing_to_do_with_it() -> None:
    made = plan(WORKSPACE, ["asgi-types"])
    released = {name for release in (*made.first, *made.following) for name in release.packages}
    assert set(WORKSPACE.packages) - released - set(made.reached) == {"config", "redoc"}


def test_the_text_names_tags_and_bounds() -> None:
    text = written(plan(WORKSPACE, ["cors"]), ["cors"])
    version = next_patch(WORKSPACE.packages["cors"].project["version"])
    assert f"   armillary-cors-{version}\n" in text
    assert f"packages/starlette/pyproject.toml: armillary-cors>={version}" in text


def test_an_unknown_package_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(ValueError, match=r"there is no packages/nosuch; there are: .*cors"):
        plan(WORKSPACE, ["nosuch"])

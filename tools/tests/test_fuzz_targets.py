"""The targets of `make fuzz` hold for the seeds that are kept, and would find a bug."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import support
from fuzz.plants import PLANTS, changed, source_of
from fuzz.targets import NAMES, load

SEEDS = sorted(path for path in Path(support.__file__).parent.glob("corpus/*/*") if path.is_file())


def test_every_target_has_a_corpus_and_a_bug_to_plant() -> None:
    assert sorted({path.parent.name for path in SEEDS}) == NAMES
    assert sorted(PLANTS) == NAMES


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_seed_passes(seed: Path) -> None:
    load(seed.parent.name)(seed.read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_bug_to_plant_changes_one_place_of_its_module(name: str) -> None:
    source = source_of(PLANTS[name].module).read_text("utf-8")
    compile(changed(source, PLANTS[name]), name, "exec")


@pytest.mark.parametrize(
    ("target", "data"),
    [("cookies", b"\xa0__Host-id=1"), ("ranges", b"bytes=0-9,2-3"), ("session_cookie", b"\xff{}")],
)
def test_a_planted_bug_fails_its_target_and_nothing_else_does(target: str, data: bytes) -> None:
    load(target)(data)
    with_the_bug = (
        "from fuzz.plants import PLANTS, plant; from fuzz.targets import load; "
        f"plant(PLANTS[{target!r}]); load({target!r})({data!r})"
    )
    folder = Path(support.__file__).parents[1]
    command = [sys.executable, "-c", with_the_bug]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "AssertionError" in done.stderr


@pytest.mark.parametrize("target", ["multipart", "urlencoded"])
def test_every_seed_of_a_form_gives_the_same_at_every_split(target: str) -> None:
    for seed in SEEDS:
        if seed.parent.name == target:
            body = seed.read_bytes()[2:]
            for cut in range(len(body) + 1):
                load(target)(cut.to_bytes(2, "little") + body)

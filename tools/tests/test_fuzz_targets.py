"""The targets of `make fuzz` hold for the seeds that are kept, and would find a bug."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import support
from fuzz.targets import TARGETS

SEEDS = sorted(path for path in Path(support.__file__).parent.glob("corpus/*/*") if path.is_file())


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    assert sorted(TARGETS) == sorted({path.parent.name for path in SEEDS})


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_seed_passes(seed: Path) -> None:
    TARGETS[seed.parent.name](seed.read_bytes())


@pytest.mark.parametrize(
    ("target", "data"),
    [("cookies", b"a=1; b=2; c=3; d"), ("multipart_like_others", b"a\xff" * 5), ("router", b"\0x/y/z")],
)
def test_a_planted_bug_fails_its_target(target: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "PLANTED", True)
    with pytest.raises(AssertionError, match="the planted bug"):
        TARGETS[target](data)


@pytest.mark.parametrize("target", ["multipart", "urlencoded"])
def test_every_seed_of_a_form_gives_the_same_at_every_split(target: str) -> None:
    for seed in SEEDS:
        if seed.parent.name == target:
            body = seed.read_bytes()[2:]
            for cut in range(len(body) + 1):
                TARGETS[target](cut.to_bytes(2, "little") + body)

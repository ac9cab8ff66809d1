"""The targets of `make fuzz` hold for the seeds that are kept, and would find a bug."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
SEEDS = sorted(path for path in (FUZZ / "corpus").glob("*/*") if path.is_file())


def load_targets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_targets", FUZZ / "targets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    assert sorted(load_targets().TARGETS) == sorted({path.parent.name for path in SEEDS})


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_seed_passes(seed: Path) -> None:
    load_targets().TARGETS[seed.parent.name](seed.read_bytes())


def test_a_planted_bug_fails_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUZZ_PLANT", "1")
    with pytest.raises(AssertionError, match="the planted bug"):
        load_targets().TARGETS["cookies"](b"a=1; b=2; c=3")

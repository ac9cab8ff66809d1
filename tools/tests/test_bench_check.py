"""The comparison and the driving of `make bench-check`; nothing here counts or measures time."""

from __future__ import annotations

import subprocess
import sys
from asyncio import CancelledError
from pathlib import Path

import pytest
from charter import ROOT

from benchmarks.instructions.callgrind import CAN_COUNT, Callgrind, read_count, step_through
from benchmarks.instructions.ratios import (
    Accepted,
    Count,
    accept,
    grown,
    read_accepted,
    shrunk,
    table,
    verdict,
    write_accepted,
)

BUILD = "CPython 3.11.7, GCC 12.2.0, options 8c736521"
OTHER_BUILD = "CPython 3.11.2, GCC 12.2.0, options 1f0e3dad"
ACCEPTED = Accepted(BUILD, {"plaintext": 2.0})


def counted(ratio: float) -> dict[str, Count]:
    return {"plaintext": Count(1000, 1000 * ratio)}


@pytest.mark.parametrize(("build", "ratio"), [(BUILD, 2.09), (BUILD, 1.0), (OTHER_BUILD, 2.29)])
def test_a_ratio_within_the_tolerance_is_accepted(build: str, ratio: float) -> None:
    assert grown(build, counted(ratio), ACCEPTED) == []
    assert verdict("3.11", build, counted(ratio), ACCEPTED)[1] is False


@pytest.mark.parametrize(("build", "ratio", "tolerance"), [(BUILD, 2.11, "5%"), (OTHER_BUILD, 2.31, "15%")])
def test_a_ratio_that_has_grown_is_reported_with_what_was_accepted(build: str, ratio: float, tolerance: str) -> None:
    sentence = (
        f"plaintext: {ratio:.3f} times the instructions of the bare callable; accepted are 2.000 and {tolerance} more"
    )
    assert grown(build, counted(ratio), ACCEPTED) == [sentence]
    lines, has_grown = verdict("3.11", build, counted(ratio), ACCEPTED)
    assert has_grown
    assert sentence in lines
    assert lines[-1].startswith("`make bench-check ARGS=--record` accepts")


def test_more_instructions_of_both_are_no_growth() -> None:
    assert grown(BUILD, {"plaintext": Count(3000, 6000)}, ACCEPTED) == []


def test_a_scenario_without_an_accepted_ratio_fails() -> None:
    counts = {**counted(2), "JSON": Count(1000, 1000)}
    assert grown(BUILD, counts, ACCEPTED) == ["JSON: no ratio was recorded"]


def test_a_python_without_a_record_is_reported_and_not_held() -> None:
    lines, has_grown = verdict("3.13", BUILD, counted(99), None)
    assert not has_grown
    assert lines[0].startswith("Nothing is recorded for Python 3.13")
    assert table(counted(99), None).splitlines()[1].split() == ["plaintext", "1,000", "99,000", "99.000"]


@pytest.mark.parametrize(("ratio", "expected"), [(1.89, ["plaintext"]), (1.91, [])])
def test_a_gain_that_could_be_lost_unnoticed_is_named(ratio: float, expected: list[str]) -> None:
    assert shrunk(BUILD, counted(ratio), ACCEPTED) == expected
    lines, _ = verdict("3.11", BUILD, counted(ratio), ACCEPTED)
    assert any(line.startswith("Cheaper than accepted: plaintext.") for line in lines) == bool(expected)


def test_the_table_has_the_counts_the_ratio_and_its_change() -> None:
    row = table({"plaintext": Count(10334.4, 21081.6)}, ACCEPTED).splitlines()[1]
    assert row.split() == ["plaintext", "10,334", "21,082", "2.040", "2.000", "+2.0%"]


def test_what_is_recorded_is_read_again_with_the_oldest_python_first(tmp_path: Path) -> None:
    file = tmp_path / "instructions.json"
    assert read_accepted(file) == {}
    newer = accept(OTHER_BUILD, {"plaintext": Count(3, 10)})
    write_accepted(file, {"3.11": ACCEPTED, "3.9": newer})
    assert read_accepted(file) == {"3.9": Accepted(OTHER_BUILD, {"plaintext": 3.333}), "3.11": ACCEPTED}
    assert list(read_accepted(file)) == ["3.9", "3.11"]


def test_the_count_is_the_total_of_the_file_and_its_name_the_label() -> None:
    text = (
        "# callgrind format\npart: 1\n\ndesc: Timerange: Basic block 0 - 81094\n"
        "desc: Trigger: Client Request: bare\n\nevents: Ir\nsummary: 117\n\nfn=(1) f\n0 120\n\ntotals: 120\n"
    )
    assert read_count(text) == ("bare", 120)


@pytest.mark.parametrize("text", ["", "desc: Trigger: Program termination\ntotals: 5\n"])
def test_a_file_of_something_else_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="no count"):
        read_count(text)


class Turn:
    """What gives the event loop a turn, as `asyncio.sleep(0)` does."""

    def __await__(self):
        yield None


class Wait:
    """What waits for something else than a turn."""

    def __await__(self):
        yield "a future"


def test_a_coroutine_that_gives_the_loop_a_turn_is_stepped_to_its_end() -> None:
    passed = []

    async def application() -> None:
        passed.append(1)
        await Turn()
        passed.append(2)

    step_through(application())
    assert passed == [1, 2]


def test_a_coroutine_that_waits_is_closed_and_reported() -> None:
    closed = []

    async def application() -> None:
        try:
            await Wait()
        except (GeneratorExit, CancelledError):
            closed.append(True)
            raise

    with pytest.raises(RuntimeError, match="waits for 'a future'"):
        step_through(application())
    assert closed == [True]


@pytest.mark.skipif(not CAN_COUNT, reason="valgrind's interface is written for Linux on x86-64")
def test_without_valgrind_a_client_request_does_nothing() -> None:
    done = []
    callgrind = Callgrind()
    assert not callgrind.runs()
    callgrind.count({"bare": lambda: done.append("bare"), "armillary": lambda: done.append("armillary")})
    assert done == ["bare", "armillary"]


def test_every_scenario_has_the_response_that_it_expects() -> None:
    folder = ROOT / "benchmarks" / "instructions"
    done = subprocess.run([sys.executable, "counting.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

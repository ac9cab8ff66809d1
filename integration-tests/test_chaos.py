"""A short part of `make chaos`: each engine stopped, frozen, cut, delayed and silenced under an example."""

from __future__ import annotations

import asyncio
import time

import pytest
from chaos.faults import FAULTS, Responses
from chaos.run import ENGINES, suffer


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
@pytest.mark.parametrize("engine", ENGINES)
def test_every_response_is_defined_and_in_time_and_all_totals_add_up(engine: str) -> None:
    assert asyncio.run(suffer(engine, list(FAULTS), seconds=2)) == []


def test_a_status_that_is_not_defined_and_a_response_that_is_late_are_found() -> None:
    responses = Responses(longest=20)
    responses.begin("cut")
    responses.add("GET /", 200, {200}, begun=time.monotonic())
    responses.add("GET /", 503, {200}, begun=time.monotonic())
    assert (responses.wrong, responses.count, responses.unavailable) == ([], 2, 1)
    responses.add("POST /", 500, {201}, begun=time.monotonic() - 21)
    assert responses.wrong[0] == "cut: POST / is a 500"
    assert responses.wrong[1].startswith("cut: POST / took")

"""An outage is in the log, once a minute however many calls it fails."""

from __future__ import annotations

import logging

import pytest

from armillary.concurrency import outages


def test_an_outage_is_logged_once_a_minute_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(outages.time, "monotonic", lambda: now)
    log = outages.OutageLog(logging.getLogger("armillary.shop"))
    for now in (0.0, 1.0, 59.0, 60.0, 61.0):
        log.warn(f"away at {now:.0f} s: 100%")
    assert [record.getMessage() for record in caplog.records] == ["away at 0 s: 100%", "away at 60 s: 100%"]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_each_service_has_a_log_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("armillary.shop")
    for name in ("one", "two"):
        outages.OutageLog(logger).warn(name)
    assert caplog.messages == ["one", "two"]


class ShopClosed(outages.Unavailable):
    sentence = "The shop is closed"
    retry_seconds = 1


def test_the_error_for_what_a_library_raised_is_logged_and_its_response_has_no_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = outages.OutageLog(logging.getLogger("shop"))
    error = log.unavailable(ShopClosed, "Redis at 127.0.0.1:6379 cannot be reached", TimeoutError())
    assert str(error) == "Redis at 127.0.0.1:6379 cannot be reached: no response in time"
    assert caplog.messages == [str(error)]
    assert (error.status_code, error.detail, error.headers) == (503, "The shop is closed", {"retry-after": "1"})

"""What the package exports."""

from __future__ import annotations

import armillary.testing


def test_all_is_sorted_and_every_name_is_documented() -> None:
    names = armillary.testing.__all__
    assert names == sorted(names)
    for name in sorted({*names} - {"BackendName"}):
        assert getattr(armillary.testing, name).__doc__, name


def test_pytest_collects_none_of_the_classes() -> None:
    for name in ("TestClient", "AsyncTestClient", "WebSocketTestSession"):
        assert getattr(armillary.testing, name).__test__ is False

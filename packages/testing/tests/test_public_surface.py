"""What the package exports."""

from __future__ import annotations

import asterism.testing


def test_all_is_sorted_and_every_name_is_documented() -> None:
    names = asterism.testing.__all__
    assert names == sorted(names)
    for name in sorted({*names} - {"BackendName"}):
        assert getattr(asterism.testing, name).__doc__, name


def test_pytest_collects_none_of_the_classes() -> None:
    for name in ("TestClient", "AsyncTestClient", "WebSocketTestSession"):
        assert getattr(asterism.testing, name).__test__ is False

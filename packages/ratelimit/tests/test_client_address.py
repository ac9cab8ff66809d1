"""The client a request is counted for."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.ratelimit import client_address


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.1", 5000), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("::ffff:192.0.2.1", 1), "192.0.2.1"),
        (("testclient", 50000), "testclient"),
        (None, ""),
    ],
)
def test_an_ipv6_address_counts_as_its_network(client: Any, expected: str) -> None:
    assert client_address({"type": "http", "client": client}) == expected


def test_a_scope_without_a_client_has_one_all_the_same() -> None:
    assert client_address({"type": "http"}) == ""

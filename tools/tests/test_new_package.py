from __future__ import annotations

from typing import Any

import pytest
from new_package import new_package


@pytest.mark.parametrize("name", ["Etag", "e_tag", "../etag", "", "utils", "etag-"])
def test_a_name_that_is_no_package_name_is_rejected(checkout: Any, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a package"):
        new_package(name, checkout.root)


def test_a_package_is_never_overwritten(checkout: Any) -> None:
    with pytest.raises(ValueError, match="packages/cors exists"):
        new_package("cors", checkout.root)


def test_two_new_packages_are_in_alphabetical_order(checkout: Any) -> None:
    new_package("request-id", checkout.root)
    new_package("etag", checkout.root)
    settings = (checkout.root / "pyproject.toml").read_text("utf-8")
    assert settings.index("armillary-etag") < settings.index("armillary-request-id")
    meta = (checkout.root / "packages/armillary/pyproject.toml").read_text("utf-8")
    assert 'all = ["armillary[cors,etag,request-id,standard]"]' in meta
    assert checkout.check() == []

"""Every public name of every package has a type that all type checkers agree on."""

from __future__ import annotations

import pytest
from check_type_completeness import EXCEPTED, Finding, findings_of, verify


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_every_public_name_has_a_type_but_in_the_packages_that_are_excepted_with_a_reason() -> None:
    found = findings_of(verify())
    assert [each for each in found if each.package not in EXCEPTED] == []
    assert {each.package for each in found} == set(EXCEPTED)


def test_a_finding_has_the_name_of_its_package_and_what_pyright_says() -> None:
    wrong = {"severity": "error", "message": "Type is missing\n  Inferred type is 'int'"}
    remark = {"severity": "warning", "message": "no docstring"}
    symbols = [
        {"name": "armillary.cors.CORSMiddleware.policy", "diagnostics": [wrong, remark]},
        {"name": "armillary.http.Request", "diagnostics": []},
    ]
    (finding,) = findings_of({"symbols": symbols})
    assert finding == Finding("cors", "armillary.cors.CORSMiddleware.policy", "Type is missing Inferred type is 'int'")

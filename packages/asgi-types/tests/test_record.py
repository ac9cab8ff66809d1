"""The record that parts share about one connection."""

from __future__ import annotations

import inspect
import re
from typing import Any

from armillary.asgi_types import RECORD_KEY, ScopeRecord, find_scope_record, scope_record


def test_the_record_is_made_once_and_then_found() -> None:
    scope: dict[str, Any] = {"type": "http"}
    record = scope_record(scope)
    assert scope_record(scope) is record
    assert find_scope_record(scope) is record
    assert scope[RECORD_KEY] is record


def test_a_copied_scope_shares_the_record() -> None:
    scope: dict[str, Any] = {"type": "http"}
    scope_record(scope)
    copy = {**scope, "root_path": "/v1"}
    scope_record(copy)["request_id"] = "a1"
    assert scope_record(scope)["request_id"] == "a1"


def test_looking_for_a_record_leaves_the_scope_as_it_is() -> None:
    scope: dict[str, Any] = {"type": "http"}
    assert find_scope_record(scope) is None
    assert scope == {"type": "http"}


def test_every_key_of_the_registry_is_described() -> None:
    described = re.findall(r"^ {4}(\w+):", inspect.getdoc(ScopeRecord) or "", re.MULTILINE)
    assert described == sorted(ScopeRecord.__annotations__)

"""Content types that are left as they are."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.compression import DEFAULT_EXCLUDED_CONTENT_TYPES
from armillary.compression._content_types import ContentTypes


@pytest.mark.parametrize(
    ("pattern", "content_type", "matches"),
    [
        ("application/zip", "Application/ZIP; charset=utf-8", True),
        ("Application/ZIP; charset=utf-8", "application/zip", True),
        ("image/*", "image/png", True),
        ("image/*", "imagery/png", False),
        ("application/grpc+*", "application/grpc+proto", True),
        ("application/zip", "application/zipped", False),
        ("application/zip", "", False),
    ],
)
def test_case_and_parameters_do_not_count(pattern: str, content_type: str, matches: bool) -> None:
    assert (content_type in ContentTypes([pattern])) is matches


@pytest.mark.parametrize(
    ("content_type", "excluded"),
    [
        ("text/event-stream", True),
        ("image/png", True),
        ("video/mp4", True),
        ("application/grpc", True),
        ("image/svg+xml", False),
        ("text/html", False),
        ("application/json", False),
        ("application/wasm", False),
    ],
)
def test_compressed_types_are_excluded_by_default(content_type: str, excluded: bool) -> None:
    assert (content_type in ContentTypes(DEFAULT_EXCLUDED_CONTENT_TYPES)) is excluded


@pytest.mark.parametrize("pattern", ["png", "*", "image/*png", "/", ""])
def test_something_that_is_no_media_type_is_rejected(pattern: str) -> None:
    with pytest.raises(ValueError, match="exclude_content_types"):
        ContentTypes([pattern])


def test_a_string_instead_of_a_list_is_rejected() -> None:
    pattern: Any = "image/png"
    with pytest.raises(TypeError, match="exclude_content_types is a list"):
        ContentTypes(pattern)

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given, strategies as st

from armillary.http import format_http_date, parse_http_date


@given(st.integers(min_value=-2_000_000_000, max_value=200_000_000_000))
def test_dates_are_those_of_the_standard_library_and_read_back(timestamp: int) -> None:
    text = format_http_date(timestamp)
    assert text == formatdate(timestamp, usegmt=True)
    assert parse_http_date(text) == timestamp


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_all_three_forms_are_read(text: str) -> None:
    assert parse_http_date(text) == 784111777


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, ٠6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:4_9:37 GMT",
        "Sun, 06 Nov 1994 08:49:0000037 GMT",
        "Sun, 06 Nov 1994 08:49: GMT",
        "Sun, 06 Nov 194 08:49:37 GMT",
        "Sun, 06 Nov 99994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Wed, 31 Feb 1994 08:49:37 GMT",
        "Tue, 29 Feb 1994 08:49:37 GMT",
        "Thu, 31 Nov 1994 08:49:37 GMT",
        "9" * 5000,
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_http_date(text) is None


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    parse_http_date(text)

"""`escaped`: what a client sent, on one line."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from armillary.logging import escaped


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_leaves_its_line_or_acts_on_a_terminal(text: str) -> None:
    shown = escaped(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_the_text_can_be_told_from_its_escapes(text: str) -> None:
    quoted = '"' + escaped(text) + '"'
    assert eval(quoted) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/users/7", "/users/7"),
        ("/ünïcödé", "/ünïcödé"),
        ('/a" 200 "', '/a\\" 200 \\"'),
        ("/a\r\nGET /b", "/a\\r\\nGET /b"),
        ("\x1b[2J\x9b", "\\x1b[2J\\x9b"),
        ("\u202egnp", "\\u202egnp"),
        ("\udc80", "\\udc80"),
        ("\U000e0001", "\\U000e0001"),
        ("\\n", "\\\\n"),
    ],
)
def test_what_acts_is_written_as_its_escape(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert escaped(text) == shown


def test_a_text_that_was_found_harmless_is_returned_as_it_is() -> None:
    text = "/" + "stars" * 3
    assert escaped(text) is text
    assert escaped("/" + "stars" * 3) == text


def test_the_length_of_a_line_is_not_the_clients_choice() -> None:
    assert escaped("a" * 2048) == "a" * 2048
    assert escaped("a" * 5000) == "a" * 2048 + "... (5000 characters)"
    assert len(escaped("\x00" * 100_000)) < 9000

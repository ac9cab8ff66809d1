"""Secrets and lists."""

from __future__ import annotations

import json
import logging
import pprint
import traceback
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.config import CommaSeparatedStrings, Secret


def test_a_secret_gives_its_value_to_reveal_only() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert str(secret) == f"{secret}" == "**********"
    assert repr(secret) == "Secret('**********')"
    shown = [
        f"{secret!r} {secret!s} {secret:>20}",
        "{} {!r} {:<3}".format(secret, secret, secret),  # noqa: UP032
        "%s %r %10s" % (secret, secret, secret),  # noqa: UP031
        pprint.pformat({"key": [secret]}),
        str([secret]),
        json.dumps({"key": secret}, default=str),
    ]
    assert all("hunter2" not in text and "**********" in text for text in shown)
    assert not hasattr(secret, "__dict__")


def test_the_mask_does_not_reveal_the_length() -> None:
    assert repr(Secret("")) == repr(Secret("a" * 50))
    assert str(Secret("")) == str(Secret("a" * 50))


def test_a_secret_stays_hidden_in_a_traceback_with_its_locals() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError("failed")

    try:
        fail(Secret("".join(("hunter", "2"))))
    except RuntimeError as exc:
        shown = "".join(traceback.TracebackException.from_exception(exc, capture_locals=True).format())
    assert "Secret(" in shown
    assert "hunter2" not in shown


def test_a_secret_stays_hidden_in_a_log_by_itself_and_within_its_settings(caplog: pytest.LogCaptureFixture) -> None:
    log, secret = logging.getLogger("app"), Secret("hunter2")
    log.warning(secret)
    log.warning("key: %s", secret)
    log.warning("settings: %s", {"key": secret})
    assert caplog.messages == ["**********", "key: **********", "settings: {'key': Secret('**********')}"]


def test_what_is_no_text_is_rejected_without_being_shown() -> None:
    value: Any = b"hunter2"
    with pytest.raises(TypeError, match=r"^a Secret holds str, not bytes$"):
        Secret(value)


def test_secrets_are_compared_by_value() -> None:
    assert Secret("é") == Secret("é")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a")
    assert not Secret("")


def test_secrets_of_bytes_that_are_no_utf_8_are_compared_too() -> None:
    secret = b"hunter\xff".decode("utf-8", "surrogateescape")  # as os.environ has them
    assert Secret(secret) == Secret(secret)
    assert Secret(secret) != Secret("hunter2")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (" , ,", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ("a b, c", ["a b", "c"]),
        ("'a, b', \"c, 'd'\"", ["a, b", "c, 'd'"]),
        ("O'Brien, x", ["O'Brien", "x"]),
        (" ' a ' ", [" a "]),
        ("a,#b", ["a", "#b"]),
        ("a\n,b\n", ["a", "b"]),
    ],
)
def test_comma_separated_strings(text: str, items: list[str]) -> None:
    assert list(CommaSeparatedStrings(text)) == items


@pytest.mark.parametrize("text", ["'a", "a, \"b'", "'a' b, c", "'"])
def test_a_quote_that_does_not_end_an_item_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="quote that does not end it"):
        CommaSeparatedStrings(text)


def test_it_is_a_sequence() -> None:
    hosts = CommaSeparatedStrings(("a", "b", "c"))
    assert isinstance(hosts, Sequence)
    assert (hosts[0], hosts[-1], hosts[1:], len(hosts)) == ("a", "c", ["b", "c"], 3)
    assert "b" in hosts
    assert repr(hosts) == "CommaSeparatedStrings(['a', 'b', 'c'])"


@given(st.lists(st.text(alphabet=st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1)))
def test_quoted_items_are_read_back(items: list[str]) -> None:
    assert list(CommaSeparatedStrings(",".join(f'"{item}"' for item in items))) == items

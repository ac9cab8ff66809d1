"""`Signature`: the HMAC of the standard library, for keys and values of any length."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, strategies as st

from armillary.sessions._signature import Signature


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@given(key=st.binary(max_size=200), value=st.binary(max_size=200))
def test_it_is_the_hmac_of_the_standard_library(digest: str, key: bytes, value: bytes) -> None:
    signature = Signature(key, digest)
    for _ in range(2):
        assert signature.sign(value) == urlsafe_b64encode(hmac.digest(key, value, digest)).rstrip(b"=")


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128])
def test_keys_about_as_long_as_a_block(length: int) -> None:
    key = b"k" * length
    expected = urlsafe_b64encode(hmac.digest(key, b"value", "sha256")).rstrip(b"=")
    assert Signature(key, "sha256").sign(b"value") == expected

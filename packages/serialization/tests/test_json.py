from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.serialization import (
    MAX_DEPTH,
    JSONError,
    decode_json,
    decode_msgspec,
    decode_orjson,
    encode_json,
    encode_msgspec,
    encode_orjson,
    json_error,
)
from armillary.serialization._json_decoding import decode_whole, scan
from armillary.serialization._json_pieces import Pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_encoded_is_decoded_to_the_same_value(value: Any) -> None:
    assert decode_json(encode_json(value)) == value


@given(
    st.binary(max_size=40) | VALUES.map(encode_json).flatmap(lambda body: st.integers(0, 60).map(lambda n: body[:n]))
)
def test_the_decoder_agrees_with_the_standard_library_but_for_what_json_does_not_have(body: bytes) -> None:
    try:
        expected: Any = json.loads(body.decode())
    except (ValueError, RecursionError):
        with pytest.raises((ValueError, RecursionError)):
            decode_json(body.removeprefix(b"\xef\xbb\xbf"))
        return
    try:
        assert decode_json(body) == expected
    except ValueError:
        assert b"NaN" in body or b"Infinity" in body or b"e" in body.lower()


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"1e999", b"-1e999", b"9" * 5000])
def test_a_number_that_json_or_a_float_does_not_have_is_rejected(body: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        decode_json(body)
    assert json_error(caught.value, body).status_code == 400


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_beyond_the_limit_is_rejected_with_its_place(opening: bytes) -> None:
    levels = opening.count(b"[") + opening.count(b"{")
    body = opening * (MAX_DEPTH // levels + 1)
    with pytest.raises(ValueError) as caught:
        decode_json(body)
    error = json_error(caught.value, body)
    assert f"nested deeper than {MAX_DEPTH} levels" in error.detail
    assert error.offset is not None


def test_brackets_in_text_are_no_nesting() -> None:
    assert decode_json(b'"' + b"[" * 2000 + b'"') == "[" * 2000


def test_an_error_says_where_in_the_text_it_is_and_what_the_text_is() -> None:
    body = '{\n  "é": tru\n}'.encode()
    with pytest.raises(ValueError) as caught:
        decode_json(body)
    error = json_error(caught.value, body, "The message")
    assert isinstance(error, JSONError)
    assert error.detail.startswith("The message is not valid JSON: expecting value at line 2 column ")
    assert body[error.offset or 0 :].startswith(b"tru")


def test_text_that_is_not_utf8_is_named_with_its_byte() -> None:
    body = b'"\xff"'
    with pytest.raises(ValueError) as caught:
        decode_json(body)
    assert json_error(caught.value, body).offset == 1


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode_json(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]])
def test_encoding_rejects_what_json_does_not_have(value: Any) -> None:
    with pytest.raises(ValueError):
        encode_json(value)


def test_encoding_names_the_type_that_json_does_not_have() -> None:
    with pytest.raises(TypeError, match="Object of type object is not JSON serializable"):
        encode_json({"tags": object()})


def test_a_value_that_contains_itself_is_a_value_error() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="contains itself"):
        encode_json(loop)


def test_a_lone_surrogate_is_written_as_the_replacement_character() -> None:
    assert encode_json("\ud800é") == '"\ufffdé"'.encode()


@pytest.mark.parametrize("decode", [decode_json, decode_msgspec, decode_orjson])
@pytest.mark.parametrize("encode", [encode_json, encode_msgspec, encode_orjson])
def test_every_codec_reads_what_every_other_writes(decode: Any, encode: Any) -> None:
    value = {"name": "café", "n": [1, 2.5, None, True]}
    assert decode(encode(value)) == value


@pytest.mark.parametrize("decode", [decode_json, decode_msgspec, decode_orjson])
@pytest.mark.parametrize("body", [b"", b"{", b"[1,]", b"'a'", b"\xff", b"[" * 100_000])
def test_whatever_a_decoder_raises_becomes_a_400(decode: Any, body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)) as caught:
        decode(body)
    assert json_error(caught.value, body).status_code == 400


def error_of(body: bytes) -> JSONError:
    with pytest.raises((ValueError, RecursionError)) as caught:
        decode_json(body)
    return json_error(caught.value, body)


@pytest.mark.parametrize(
    ("body", "invalid"),
    [
        (b'["NaN", "\\"NaN", NaN]', b"NaN]"),
        (b'{"Infinity": -Infinity}', b"-Infinity"),
        (b'["1e999", 0.1e3, 11e100, 1e999]', b"1e999]"),
        (b'["x", -1e999]', b"-1e999"),
        (b"[1, -" + b"7" * 4301 + b"]", b"-7"),
        (b'["' + b"9" * 5000 + b'", ' + b"9" * 5000 + b"]", b"9" * 5000 + b"]"),
        (b"[" + b"9" * 5000 + b"e-4990, " + b"9" * 5000 + b"]", b"9" * 5000 + b"]"),
    ],
)
def test_an_invalid_value_is_named_with_its_place_and_not_one_in_a_string(body: bytes, invalid: bytes) -> None:
    assert error_of(body).offset == body.index(invalid)


@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"a[{"', b'"\\"["', b"1,"]), max_size=40))
def test_the_bracket_that_is_too_deep_is_found_after_anything(pieces: list[bytes]) -> None:
    before = b"[" + b"".join(pieces)
    depth = 1
    for piece in pieces:
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(piece, 0)
    body = before + b"[" * (MAX_DEPTH - depth + 100)
    assert error_of(body).offset == len(before) + MAX_DEPTH - depth


def test_a_bracket_that_is_too_deep_is_found_beyond_the_first_stretch() -> None:
    before = b"[" + b'"a[", [], ' * 20_000
    assert error_of(before + b"[" * MAX_DEPTH).offset == len(before) + MAX_DEPTH - 1


@pytest.mark.parametrize(
    "broken",
    [
        lambda n: b"[" + b"1," * n + b"NaN]",
        lambda n: b"[" + b'"a",' * n + b"NaN]",
        lambda n: b"[" + b'"NaN",' * n + b"NaN]",
        lambda n: b"[" + b"1," * n + b"1e999]",
        lambda n: b"[" + b"1," * n + b"9" * 5000 + b"]",
        lambda n: b"[" + b"1," * n + b"[" * 600,
        lambda n: b"[" + b'"[",' * n + b"[" * 600,
        lambda n: b"[" * (600 + n),
        lambda n: b"[" + b"1," * n + b"x]",
    ],
)
def test_an_error_takes_no_more_steps_of_python_in_a_larger_body(broken: Any, counted_lines: Any) -> None:
    """What grows with the body is left to compiled searches."""
    few = counted_lines(lambda: error_of(broken(2_000)))
    assert counted_lines(lambda: error_of(broken(64_000))) <= 3 * few + 3_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\uDC00x"', "\ufffdx"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\uD800\ud83d\ude00\ude00"', "\ufffd\U0001f600\ufffd"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
        (r'"\\ud83d\ude00"', "\\ud83d\ufffd"),
        (r'{"\udfff": 1}', {"\ufffd": 1}),
    ],
)
def test_a_lone_surrogate_is_read_as_the_replacement_character(text: str, value: Any) -> None:
    assert decode_json(text.encode()) == value


# --- large texts, in pieces ------------------------------------------------------------------


class Members(list[tuple[str, Any]]):
    """The members of an object, in which a name may be there twice."""


NAMES = st.sampled_from(["a", "b", "", '"', "c,d", "\\"])
PIECED_VALUES = st.recursive(
    st.sampled_from([None, 1, -2.5, "", 'x"y,', "[{", "\\", "é€", "\ufffd"]),
    lambda inner: st.lists(inner, max_size=5) | st.lists(st.tuples(NAMES, inner), max_size=5).map(Members),
    max_leaves=30,
)


def text_of(value: Any) -> str:
    if isinstance(value, Members):
        return "{" + " , ".join(f"{json.dumps(name)}: {text_of(member)}" for name, member in value) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(map(text_of, value)) + "]"
    return json.dumps(value, ensure_ascii=isinstance(value, str) and len(value) % 2 == 0)


@st.composite
def damaged_texts(draw: st.DrawFn) -> bytes:
    """JSON, or JSON with a character too many or too few."""
    body = text_of(draw(PIECED_VALUES)).encode()
    place = draw(st.integers(0, len(body)))
    kind = draw(st.sampled_from(["", "removed", "added", "cut"]))
    if kind == "added":
        return body[:place] + draw(st.sampled_from([bytes((byte,)) for byte in b'[]{},":\\ 1N'])) + body[place:]
    return {"": body, "removed": body[:place] + body[place + 1 :], "cut": body[:place]}[kind]


def outcome_of(decode: Any, body: bytes) -> Any:
    """Return the value as JSON, which tells the order of members, or what is wrong and where."""
    try:
        return json.dumps(decode(body))
    except ValueError as exc:
        error = json_error(exc, body)
        return error.detail, error.offset


@given(damaged_texts(), st.integers(1, 40))
def test_pieces_of_any_size_make_the_same_value_or_error(body: bytes, size: int) -> None:
    assert outcome_of(lambda body: Pieces(body, size).decode(), body) == outcome_of(decode_whole, body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b",".join([b"1"] * 600_000) + b"]",
        b'{"rows": [' + b",".join([b'{"a": [1, 2], "b": "x,y"}'] * 50_000) + b"]}",
        b"[" * 500 + b",".join([b"{}"] * 400_000) + b"]" * 500,
        b"[" + b",".join([b'",,,,,"'] * 150_000) + b"]",
        b'{"a": ' * 400 + b"[" + b",".join([b"[]"] * 400_000) + b"]" + b"}" * 400,
        b"[" + b",".join([b"1"] * 600_000) + b",",
        b"\xef\xbb\xbf [" + b",".join([b"1.5"] * 300_000) + b"] ",
        b"\xef\xbb\xbf[" + b",".join([b"1.5"] * 300_000) + b",x]",
    ],
    ids=["numbers", "rows", "deep arrays", "commas in strings", "deep objects", "cut", "byte order mark", "its place"],
)
def test_no_call_of_the_decoder_takes_more_than_a_piece_of_a_large_text(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def scan_and_count(piece: bytes) -> Any:
        sizes.append(len(piece))
        return scan(piece)

    monkeypatch.setattr("armillary.serialization._json_pieces.scan", scan_and_count)
    assert outcome_of(decode_json, body) == outcome_of(decode_whole, body)
    assert len(sizes) > 10
    assert max(sizes) < 100_000


def test_a_large_text_is_rejected_for_its_depth_with_the_place() -> None:
    before = b"[" + b"[1]," * 300_000
    body = before + b"[" * MAX_DEPTH + b"]" * (MAX_DEPTH + 1)
    assert outcome_of(decode_json, body) == outcome_of(decode_whole, body)
    with pytest.raises(ValueError) as caught:
        decode_json(body)
    assert json_error(caught.value, body).offset == len(before) + MAX_DEPTH - 1


@pytest.mark.parametrize(
    "body",
    [
        b"1," * 600_000,
        b"[1]," + b"1," * 600_000,
        b'"' + b"," * 1_100_000,
        b"[" + b'",",' * 300_000 + b"\xff]",
        b"\xef\xbb\xbf" * 2 + b"[" + b"1," * 600_000 + b"1]",
    ],
    ids=["no container", "after the value", "an endless string", "not UTF-8", "two byte order marks"],
)
def test_a_large_text_that_is_malformed_is_rejected_where_it_is(body: bytes) -> None:
    assert outcome_of(decode_json, body) == outcome_of(decode_whole, body)

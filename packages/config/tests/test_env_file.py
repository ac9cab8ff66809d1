"""Files of NAME=value lines."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from armillary.config._env_file import EnvFileError, EnvLine, parse_env_file

NAMES = st.text(alphabet="ABC_1", min_size=1, max_size=5)
VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), max_size=10)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        (" A = b ", "b"),
        ("A=b=c", "b=c"),
        ("A=", ""),
        ("A=''", ""),
        ("A='b \"c\"'", 'b "c"'),
        ('A="it\'s"', "it's"),
        ('A="', '"'),
        ("A=\"b'", "\"b'"),
        ("A=b # not a comment", "b # not a comment"),
        ('A="b" # a comment', "b"),
        ("A='b'\t#a \"comment\"", "b"),
        ('A="" # a comment', ""),
        ('A="b # c" # a comment', "b # c"),
        ('A="b" # it is called "b"', "b"),
        ('A="it\'s" # a comment', "it's"),
        ("A=\"b' # c", "\"b' # c"),
        ('A="b" c # d', '"b" c # d'),
        ('A="b"#c', '"b"#c'),
        ('A="b"c"', 'b"c'),
        ("export A=b", "b"),
        ("#A=x\n\n  # A=y\nA=b", "b"),
        ("A=x\r\nA=b\r\n", "b"),
        ("\ufeffA=b", "b"),
    ],
)
def test_lines(text: str, value: str) -> None:
    assert {name: line.value for name, line in parse_env_file(text.encode(), ".env").items()} == {"A": value}


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_a_line_break_ends_a_line(character: str) -> None:
    text = f"A=b{character}c\rB=d\r\nC=e\n"
    assert parse_env_file(text.encode(), ".env") == {
        "A": EnvLine(f"b{character}c", 1),
        "B": EnvLine("d", 2),
        "C": EnvLine("e", 3),
    }


def test_the_last_of_two_lines_applies_and_is_the_one_named() -> None:
    assert parse_env_file(b"A=1\n\nA=2\n", ".env") == {"A": EnvLine("2", 3)}


@pytest.mark.parametrize("text", ["A", "=b", " = ", "export =b", "A=1\nnonsense"])
def test_a_line_that_is_not_a_setting(text: str) -> None:
    with pytest.raises(EnvFileError, match=r"^\.env, line \d: expected NAME=value$"):
        parse_env_file(text.encode(), ".env")
    parse_env_file(text.encode(), ".env", strict=False)


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_written_in_quotes_is_read_back(settings: dict[str, str]) -> None:
    text = "".join(f'{name}="{value}"\n' for name, value in settings.items())
    assert {name: line.value for name, line in parse_env_file(text.encode(), ".env").items()} == settings


@given(st.binary(max_size=60))
def test_no_content_raises_anything_else(data: bytes) -> None:
    try:
        parse_env_file(data, ".env")
    except EnvFileError as exc:
        assert str(exc).startswith(".env, line ")  # noqa: PT017

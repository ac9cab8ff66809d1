from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from armillary.http import format_content_disposition


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("hello.txt", 'attachment; filename="hello.txt"'),
        ("你好.txt", "attachment; filename*=utf-8''%E4%BD%A0%E5%A5%BD.txt"),
        ("a b.txt", "attachment; filename*=utf-8''a%20b.txt"),
        ('x";a="y.bat', "attachment; filename*=utf-8''x%22%3Ba%3D%22y.bat"),
        ("\udcff.bin", "attachment; filename*=utf-8''%EF%BF%BD.bin"),
    ],
)
def test_names_are_quoted_or_percent_encoded(filename: str, expected: str) -> None:
    assert format_content_disposition("attachment", filename) == expected


@pytest.mark.parametrize(
    ("name", "sent"), [("a\r\nx: y", "a%0D%0Ax%3A%20y"), ("a\nb", "a%0Ab"), ("a\0", "a%00"), ("a\x7f\t", "a%7F%09")]
)
def test_line_breaks_of_a_clients_file_name_are_percent_encoded(name: str, sent: str) -> None:
    assert format_content_disposition("attachment", name) == f"attachment; filename*=utf-8''{sent}"


@pytest.mark.parametrize("bad", ["", "inline; filename=x", "inline\r\n", "ïnline"])
def test_the_type_is_a_word(bad: str) -> None:
    with pytest.raises(ValueError, match="content_disposition_type="):
        format_content_disposition(bad, "x")


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1))
def test_any_name_is_one_parameter_that_reads_back(filename: str) -> None:
    value = format_content_disposition("attachment", filename)
    assert value.isascii()
    assert value.isprintable()
    _, _, parameter = value.partition("; ")
    assert ";" not in parameter
    if parameter.startswith("filename*="):
        assert unquote(parameter.removeprefix("filename*=utf-8''")) == filename
    else:
        assert parameter == f'filename="{filename}"'

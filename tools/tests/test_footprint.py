from __future__ import annotations

from dataclasses import replace

import pytest
from footprint import PAGE, Footprint, growth, kind_of, read_page, write_page

ROW = Footprint("cors", 20, 15, 27, 0, 22, 60, ("anyio",))


def test_the_page_is_read_as_it_was_written() -> None:
    rows = read_page(PAGE.read_text("utf-8"))[1]
    assert read_page(write_page(list(rows.values())))[1] == rows


def test_what_stays_or_shrinks_is_no_growth() -> None:
    smaller = replace(ROW, own=10, standard=1, kibibytes=1, kibibytes_with_all=1, brings=())
    assert growth(ROW, ROW, same_python=True) == growth(ROW, smaller, same_python=True) == []


def test_time_is_not_compared_with_the_row() -> None:
    assert growth(ROW, replace(ROW, milliseconds=2000), same_python=True) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (replace(ROW, own=19), "cors: importing it loads 19 own modules, 15 before"),
        (replace(ROW, foreign=1), "cors: importing it loads 1 foreign modules, 0 before"),
        (replace(ROW, standard=40), "cors: importing it loads 40 standard modules, 27 before"),
        (replace(ROW, kibibytes=31), "cors: kibibytes are 31, 22 before"),
        (replace(ROW, kibibytes_with_all=90), "cors: kibibytes with all are 90, 60 before"),
        (replace(ROW, brings=("anyio", "idna")), "cors: it brings idna"),
    ],
)
def test_growth_is_reported(changed: Footprint, sentence: str) -> None:
    assert growth(ROW, changed, same_python=True) == [sentence]


def test_the_standard_library_of_another_python_is_not_compared() -> None:
    assert growth(ROW, replace(ROW, standard=40), same_python=False) == []


def test_a_module_whose_name_has_the_platform_in_it_is_standard() -> None:
    assert kind_of("_sysconfigdata__linux_x86_64-linux-gnu") == "standard"

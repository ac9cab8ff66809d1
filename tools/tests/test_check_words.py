from __future__ import annotations

import subprocess
import sys

import pytest
from charter import ROOT
from check_words import GLOSSARY, check_text, parts_of, read_table

TABLE = """
## Words that are not used

| not | but | except |
| --- | --- | --- |
| answer, answers | response | |
| note | track, record | `add_note` |
| "tell whether" | return whether | |

## More
"""


def test_a_row_may_list_words_and_phrases() -> None:
    words = [(word.text, word.is_phrase) for word in read_table(TABLE)]
    assert words == [("answer", False), ("answers", False), ("note", False), ("tell whether", True)]


def test_a_glossary_without_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no table"):
        read_table("# Glossary\n")


@pytest.mark.parametrize("name", ["answer", "send_answer", "FileAnswer", "HTTPAnswer", "_ANSWER", "answer2"])
def test_a_word_is_found_in_every_kind_of_identifier(name: str) -> None:
    (finding,) = check_text("a.py", f"x = 1\n{name} = x\n", read_table(TABLE))
    assert finding == f"a.py:2 names something {name}; instead of answer write response"


@pytest.mark.parametrize("text", ["exc.add_note('x')", "answering = 1", "'the answer'", "# answer"])
def test_exceptions_other_words_and_prose_are_no_identifiers_with_the_word(text: str) -> None:
    assert list(check_text("a.py", text + "\n", read_table(TABLE))) == []


def test_the_name_of_a_file_counts() -> None:
    (finding,) = check_text("src/_file_answer.py", "", read_table(TABLE))
    assert finding.startswith("src/_file_answer.py:1 names something _file_answer")


@pytest.mark.parametrize("path", ["a.md", "a.py"])
def test_a_phrase_is_found_in_prose(path: str) -> None:
    (finding,) = check_text(path, '"""One.\n\nTell whether it is."""\n', read_table(TABLE))
    assert finding == f'{path}:3 says "tell whether"; write return whether'


def test_the_words_of_an_identifier_are_told_apart() -> None:
    assert parts_of("exchangeOf_HTTPSend") == {"exchange", "of", "http", "send"}


def test_the_glossary_of_this_project_has_the_table() -> None:
    assert len(read_table(GLOSSARY.read_text("utf-8"))) > 15


def test_a_finding_is_printed_and_fails_the_command(tmp_path: object) -> None:
    planted = ROOT / "tools" / "tests" / "planted_settle.py"
    planted.write_text("")
    try:
        done = subprocess.run(
            [sys.executable, "tools/check_words.py", "tools/tests/planted_settle.py"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        planted.unlink()
    assert done.returncode == 1
    assert "planted_settle" in done.stderr

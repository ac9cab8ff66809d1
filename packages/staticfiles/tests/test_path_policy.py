from __future__ import annotations

import ntpath
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.staticfiles import PathPolicy, StaticFiles

DEVICES = ["CON", "prn", "AuX", "NUL", "COM1", "lpt9", "COM¹", "CONIN$", "conout$", "clock$"]

CORPUS = [
    "../secret.txt",
    "..",
    "docs/../../secret.txt",
    "docs/..",
    "%2e%2e/secret.txt",
    "%2E%2e%2fsecret.txt",
    "..%2fsecret.txt",
    "..%5csecret.txt",
    "docs%2fpage",
    "docs%2Fpage",
    "docs%5Cpage",
    "%252e%252e/secret.txt",
    "%25252e%25252e%25252fsecret.txt",
    "%255c..%255csecret.txt",
    "file%00.txt",
    "file%2500.txt",
    "file\0.txt",
    "\0",
    "..\\secret.txt",
    "docs\\..\\..\\secret.txt",
    "\\\\server\\share\\file",
    "\\\\?\\C:\\Windows\\win.ini",
    "\\\\.\\NUL",
    "C:/Windows/win.ini",
    "C:secret.txt",
    "c:",
    "docs/D:/x",
    "file.txt::$DATA",
    "file.txt:stream",
    "trailing.",
    "trailing ",
    "docs./page",
    "docs /page",
    "...",
    "line\nbreak",
    "bell\x07",
    *DEVICES,
    *(f"{device}.txt" for device in DEVICES),
    *(f"{device}.tar.gz" for device in DEVICES),
    *(f"docs/{device}/page.html" for device in DEVICES),
    *(f"{device} .txt" for device in DEVICES),
    *(f"{device}:" for device in DEVICES),
]


class Untouchable:
    """Replaces `os` when no call may be made; its paths are Windows's."""

    name = "nt"
    path = ntpath
    sep = "\\"
    altsep = "/"

    def fspath(self, path: Any) -> str:
        return os.fspath(path)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"os.{name} was used for a path that should have been rejected by its text")


@pytest.mark.parametrize("path", CORPUS)
def test_hostile_path_is_rejected_by_its_text(path: str) -> None:
    assert PathPolicy().segments(path) is None
    assert PathPolicy(hidden_files=True).segments(path) is None


@pytest.mark.parametrize("path", CORPUS)
def test_hostile_path_makes_no_system_call_under_windows_semantics(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = StaticFiles(directory=tmp_path)
    for module in ("_static_files", "_file_finder", "_file_tree", "_directories", "_variant"):
        monkeypatch.setattr(f"armillary.staticfiles.{module}.os", Untouchable())
    assert app.lookup_path(app.get_path({"type": "http", "path": f"/{path}"})) == ("", None)
    assert app.lookup_path(path) == ("", None)


@pytest.mark.parametrize("path", ["/etc/passwd", "//server/share", "/"])
def test_absolute_path_is_rejected(path: str) -> None:
    assert PathPolicy().segments(path) is None


@pytest.mark.parametrize("path", [".env", ".git/config", "docs/.htaccess", "docs/.well-known/x", ".well-known/.env"])
def test_hidden_name_is_rejected_unless_wanted(path: str) -> None:
    assert PathPolicy().segments(path) is None
    assert PathPolicy(hidden_files=True).segments(path) == path.split("/")


def test_well_known_at_the_top_is_served_as_rfc_8615_says() -> None:
    assert PathPolicy().segments(".well-known/security.txt") == [".well-known", "security.txt"]


@pytest.mark.parametrize(
    "path", ["console.js", "comic.png", "lpt.txt", "a b.txt", "50%25.txt", "é.txt", "a..b", "com10"]
)
def test_harmless_name_that_looks_similar_is_served(path: str) -> None:
    assert PathPolicy().segments(path) == [path]


def test_device_names_are_plain_names_if_portability_is_not_wanted() -> None:
    policy = PathPolicy(portable_names=False)
    assert policy.segments("con.svg") == ["con.svg"]
    assert policy.segments("a:b") == ["a:b"]
    assert policy.segments("../x") is None


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "a/..", "..\\x", "/x", "a\0", "%2e%2e/x", "..%2Fx"])
def test_path_out_of_the_directory_is_rejected_by_the_most_permissive_policy(path: str) -> None:
    assert PathPolicy(hidden_files=True, portable_names=False).segments(path) is None


def test_short_name_is_rejected_if_it_is_an_alias() -> None:
    assert PathPolicy(short_names=False).segments("PROGRA~1") is None
    assert PathPolicy().segments("draft~1.txt") == ["draft~1.txt"]


@given(st.lists(st.sampled_from([*"./\\:%25cC \0~$ab", "..", "%2e", "%5c", "NUL", "con"]), max_size=12).map("".join))
def test_no_accepted_path_leaves_the_directory_on_any_system(path: str) -> None:
    segments = PathPolicy().segments(path)
    if segments is not None:
        for flavour, root in ((ntpath, "C:\\site"), (os.path, "/site")):
            joined = flavour.normpath(flavour.join(root, *segments))
            assert flavour.commonpath([root, joined]) == root
            assert joined == flavour.join(root, *segments).rstrip("\\/")

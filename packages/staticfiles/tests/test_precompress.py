from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import brotli
import pytest

from armillary.staticfiles import _compressors as compressors
from armillary.staticfiles.__main__ import main

SOURCE = b"body { color: rebeccapurple }\n" * 100


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "site.css").write_bytes(SOURCE)
    (tmp_path / "tiny.css").write_bytes(b"a{}")
    (tmp_path / "photo.jpg").write_bytes(SOURCE)
    (tmp_path / "noise.txt").write_bytes(os.urandom(4000))
    return tmp_path


def decompress_zstd(content: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    decompressed: bytes = zstd.decompress(content)
    return decompressed


def siblings(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in (".br", ".zst", ".gz"))


def test_siblings_are_written_that_decode_to_the_original(assets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["precompress", str(assets)]) == 0
    assert siblings(assets) == ["css/site.css.br", "css/site.css.gz", "css/site.css.zst"]
    assert brotli.decompress((assets / "css/site.css.br").read_bytes()) == SOURCE
    assert gzip.decompress((assets / "css/site.css.gz").read_bytes()) == SOURCE
    assert decompress_zstd((assets / "css/site.css.zst").read_bytes()) == SOURCE
    assert "br: 1 written, 0 up to date, 1 not worth it" in capsys.readouterr().out


def test_running_it_again_changes_nothing(assets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["precompress", str(assets)])
    before = {name: ((assets / name).stat().st_ino, (assets / name).read_bytes()) for name in siblings(assets)}
    capsys.readouterr()
    main(["precompress", str(assets)])
    assert {name: ((assets / name).stat().st_ino, (assets / name).read_bytes()) for name in siblings(assets)} == before
    assert "gzip: 0 written, 1 up to date" in capsys.readouterr().out


def test_changed_file_is_compressed_again_and_a_useless_sibling_removed(assets: Path) -> None:
    main(["precompress", str(assets), "--coding", "gzip"])
    sheet = assets / "css" / "site.css"
    sheet.write_bytes(SOURCE[::-1])
    os.utime(sheet, (2_000_000_000, 2_000_000_000))
    main(["precompress", str(assets), "--coding", "gzip"])
    assert gzip.decompress(sheet.with_name("site.css.gz").read_bytes()) == SOURCE[::-1]
    sheet.write_bytes(os.urandom(3000))
    main(["precompress", str(assets), "--coding", "gzip"])
    assert siblings(assets) == []


def test_sibling_takes_time_and_permissions_of_its_original(assets: Path) -> None:
    sheet = assets / "css" / "site.css"
    sheet.chmod(0o640)
    main(["precompress", str(assets), "--coding", "br"])
    coded = sheet.with_name("site.css.br").stat()
    assert (coded.st_mtime_ns, coded.st_mode & 0o777) == (sheet.stat().st_mtime_ns, 0o640)


def test_interrupted_write_leaves_nothing_behind(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("armillary.staticfiles._precompress.os.replace", fail)
    assert main(["precompress", str(assets), "--coding", "gzip"]) == 1
    assert sorted(path.name for path in (assets / "css").iterdir()) == ["site.css"]


def test_missing_library_is_named_if_its_coding_is_asked_for(
    assets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setattr(compressors, "_zstd", lambda: None)
    assert main(["precompress", str(assets), "--coding", "br"]) == 1
    assert "pip install 'armillary-staticfiles[brotli]'" in capsys.readouterr().err
    assert main(["precompress", str(assets)]) == 0
    assert siblings(assets) == ["css/site.css.gz"]


def test_missing_directory_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["precompress", str(tmp_path / "nope")]) == 1
    assert "is not a directory" in capsys.readouterr().err


def test_command_runs_as_a_module(assets: Path) -> None:
    command = [sys.executable, "-m", "armillary.staticfiles", "precompress", str(assets), "--coding", "gzip"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gzip: 1 written")
    assert done.stderr == ""


def test_progress_is_drawn_on_a_terminal_only(assets: Path) -> None:
    from io import StringIO

    from armillary.staticfiles._progress_bar import ProgressBar

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), StringIO()
    for stream in (terminal, file):
        bar = ProgressBar(2, stream)
        bar.advance("a.css")
        bar.finish()
    assert "1/2 a.css" in terminal.getvalue()
    assert file.getvalue() == ""

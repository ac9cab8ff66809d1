from __future__ import annotations

import functools
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from charter import REPOSITORY
from index_names import foreign_in_environment, foreign_on_index, is_ours
from package_index import add_files


def metadata(name: str, url: str) -> str:
    return f"Metadata-Version: 2.4\nName: {name}\nVersion: 0.1\nProject-URL: Source, {url}\n"


def wheel(folder: Path, name: str, url: str, files: tuple[str, ...], tag: str = "py3-none-any") -> Path:
    stem = name.replace("-", "_")
    path = folder / f"{stem}-0.1-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}-0.1.dist-info/METADATA", metadata(name, url))
        for file in files:
            archive.writestr(file, "")
    return path


def source(folder: Path, name: str, url: str, files: tuple[str, ...]) -> Path:
    path = folder / f"{name}-0.1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in (("PKG-INFO", metadata(name, url)), *((file, "") for file in files)):
            member = tarfile.TarInfo(f"{name}-0.1/{file}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "index"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    thread.join()
    server.server_close()


STRANGER = "https://example.org/statistics"


def test_a_name_that_the_index_does_not_have_is_free(index: tuple[str, Path]) -> None:
    assert list(foreign_on_index(index[0], ["cors", "armillary"])) == []


def test_a_name_whose_files_name_this_repository_is_ours(index: tuple[str, Path], tmp_path: Path) -> None:
    add_files(index[1], [wheel(tmp_path, "armillary-cors", REPOSITORY, ("armillary/cors/__init__.py",))])
    assert list(foreign_on_index(index[0], ["cors"])) == []


def test_a_name_of_somebody_else_is_rejected_whatever_interpreter_its_files_are_for(
    index: tuple[str, Path], tmp_path: Path
) -> None:
    files = ("armillary_cors/__init__.py",)
    add_files(index[1], [wheel(tmp_path, "armillary-cors", STRANGER, files, "cp399-abi3-win_arm64")])
    (finding,) = foreign_on_index(index[0], ["cors"])
    assert finding.startswith("armillary-cors on the index belongs to somebody else")
    assert "provides the import" not in finding


def test_an_owner_of_the_namespace_is_found_although_only_a_part_is_released(
    index: tuple[str, Path], tmp_path: Path
) -> None:
    add_files(index[1], [wheel(tmp_path, "armillary", STRANGER, ("armillary/__init__.py",))])
    (finding,) = foreign_on_index(index[0], ["cors"])
    assert finding.startswith("armillary on the index")
    assert finding.endswith("and it provides the import armillary")


def test_a_source_distribution_is_read_too(index: tuple[str, Path], tmp_path: Path) -> None:
    add_files(index[1], [source(tmp_path, "armillary", STRANGER, ("src/armillary/__init__.py",))])
    (finding,) = foreign_on_index(index[0], ["cors"])
    assert finding.endswith("and it provides the import armillary")


def test_an_address_that_only_begins_like_the_repository_is_not_ours() -> None:
    assert is_ours(metadata("x", REPOSITORY + "/tree/main"))
    assert not is_ours(metadata("x", REPOSITORY + "-fork"))
    assert not is_ours("Metadata-Version: 2.4\nName: x\nVersion: 1\n")


def test_an_installed_distribution_that_provides_the_namespace_is_found(tmp_path: Path) -> None:
    (tmp_path / "armillary").mkdir()
    (tmp_path / "armillary" / "__init__.py").touch()
    for name in ("statistics-tools", "armillary-cors"):
        info = tmp_path / f"{name.replace('-', '_')}-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(metadata(name, STRANGER))
        (info / "RECORD").write_text("armillary/__init__.py,,\n")
    installed = [PathDistribution(info) for info in sorted(tmp_path.glob("*.dist-info"))]
    assert list(foreign_in_environment(lambda: iter(installed))) == [
        "statistics-tools 0.1, which is installed here, provides the import armillary"
    ]


def test_nothing_installed_here_provides_the_namespace_but_our_own_parts() -> None:
    assert list(foreign_in_environment()) == []

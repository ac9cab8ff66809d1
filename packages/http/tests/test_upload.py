from __future__ import annotations

import io
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest

from armillary.datastructures import Headers
from armillary.http import FormData, UploadFile

pytestmark = pytest.mark.anyio


async def test_reading_writing_and_seeking_keep_the_size() -> None:
    upload = UploadFile(io.BytesIO(b"data"), size=4, filename="a")
    assert await upload.read(2) == b"da"
    assert await upload.read() == b"ta"
    await upload.write(b" more")
    assert upload.size == 9
    await upload.seek(0)
    assert [piece async for piece in upload.chunks(4)] == [b"data", b" mor", b"e"]


async def test_without_a_size_none_is_made_up() -> None:
    upload = UploadFile(io.BytesIO())
    await upload.write(b"x")
    assert upload.size is None
    assert repr(upload) == "UploadFile(filename=None, size=None, headers=Headers({}))"


async def test_a_file_that_grows_moves_to_disk_with_its_position() -> None:
    class Small(UploadFile):
        max_memory_size = 10

    async with Small(io.BytesIO(b"01234"), size=5) as upload:
        await upload.seek(2)
        await upload.write(b"abcdefgh")
        assert type(upload.file) is io.BytesIO
        await upload.write(b"i")
        assert type(upload.file) is not io.BytesIO
        await upload.write(b"j")
        await upload.seek(0)
        assert await upload.read() == b"01abcdefghij"
    assert upload.file.closed


@pytest.mark.parametrize("max_size", [1, 1024])
async def test_a_spooled_file_of_the_standard_library_works_as_well(max_size: int) -> None:
    file: Any = SpooledTemporaryFile(max_size=max_size)  # noqa: SIM115
    upload = UploadFile(file, size=0)
    await upload.write(b"data")
    await upload.seek(0)
    assert await upload.read() == b"data"
    await upload.close()
    assert file.closed


async def test_saving_writes_the_whole_file_and_never_over_another(tmp_path: Path) -> None:
    upload = UploadFile(io.BytesIO(b"0123456789"), filename="../../etc/passwd")
    await upload.seek(5)
    assert await upload.save(tmp_path / "saved") == 10
    assert (tmp_path / "saved").read_bytes() == b"0123456789"
    assert await upload.read() == b"56789"
    with pytest.raises(FileExistsError):
        await upload.save(tmp_path / "saved")


async def test_a_save_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("no space left on device")
            return super().read(4)

    with pytest.raises(OSError, match="no space left"):
        await UploadFile(Failing(b"0123456789")).save(tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
    assert await UploadFile(io.BytesIO(b"0123456789")).save(tmp_path / "saved") == 10


async def test_closing_a_form_spares_detached_files_unless_asked_directly() -> None:
    first, second = UploadFile(io.BytesIO()), UploadFile(io.BytesIO(), headers=Headers({"content-type": "text/plain"}))
    form = FormData([("a", first), ("b", "text"), ("b", second)])
    assert form.files() == [first, second]
    assert second.content_type == "text/plain"
    assert second.detach() is second
    await form.close_owned()
    assert (first.file.closed, second.file.closed) == (True, False)
    form.close_now()
    assert not second.file.closed
    await form.close()
    assert second.file.closed


async def test_a_whole_form_is_detached_at_once() -> None:
    form = FormData([("a", UploadFile(io.BytesIO()))])
    assert form.detach() is form
    await form.close_owned()
    assert not form.files()[0].file.closed
    await form.close()

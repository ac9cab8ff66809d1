"""Compressing the files of a directory before they are served."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from stat import S_ISREG
from typing import NamedTuple

from armillary.http import guess_media_type

from ._coding import CODINGS, Coding, is_compressible
from ._compressors import Compressor

_SUFFIXES = tuple(coding.suffix for coding in CODINGS)


class PrecompressOutcome(NamedTuple):
    """The result for one file in one coding.

    Attributes:
        path: the file.
        coding: the name of the coding.
        before: its size in bytes.
        after: the size of its sibling, None if compressing does not pay.
        was_current: the sibling was already up to date.
    """

    path: str
    coding: str
    before: int
    after: int | None
    was_current: bool


def find_compressible(directory: str, smallest: int) -> list[str]:
    """Return the files below a directory that are worth compressing, sorted.

    Args:
        directory: searched with everything below; links are not followed.
        smallest: files with fewer bytes are left out.

    Raises:
        NotADirectoryError: it is not a directory.
    """
    if not os.path.isdir(directory):
        raise NotADirectoryError(f"{directory!r} is not a directory")
    return sorted(path for path in _files(directory) if _is_worth_it(path, smallest))


def _files(directory: str) -> Iterator[str]:
    for folder, _, names in os.walk(directory):
        for name in names:
            yield os.path.join(folder, name)


def _is_worth_it(path: str, smallest: int) -> bool:
    status = os.lstat(path)
    if not S_ISREG(status.st_mode) or status.st_size < smallest or path.endswith(_SUFFIXES):
        return False
    return is_compressible(guess_media_type(os.path.basename(path)))


def precompress(
    paths: list[str],
    compressors: Mapping[Coding, Compressor],
    report: Callable[[PrecompressOutcome], None] = lambda outcome: None,
    *,
    least_saving: float = 0.05,
) -> list[PrecompressOutcome]:
    """Write the coded siblings of files; those that are up to date are left alone.

    A sibling is written atomically, and takes permissions and modification time of its
    original, which is how a later run and `StaticFiles` know that it is up to date.

    Args:
        paths: the files.
        compressors: by coding.
        report: called after each file and coding.
        least_saving: the fraction of the size that must be saved for a sibling to be kept.
    """
    outcomes: list[PrecompressOutcome] = []
    for path in paths:
        for coding, compress in compressors.items():
            outcome = _write_sibling(path, coding, compress, least_saving)
            outcomes.append(outcome)
            report(outcome)
    return outcomes


def _write_sibling(path: str, coding: Coding, compress: Compressor, least_saving: float) -> PrecompressOutcome:
    sibling = path + coding.suffix
    status = os.stat(path)
    with suppress(FileNotFoundError):
        existing = os.lstat(sibling)
        if S_ISREG(existing.st_mode) and existing.st_mtime_ns == status.st_mtime_ns:
            return PrecompressOutcome(path, coding.name, status.st_size, existing.st_size, True)
    with open(path, "rb") as file:
        content = file.read()
    compressed = compress(content)
    if len(compressed) > len(content) * (1 - least_saving):
        with suppress(FileNotFoundError):
            os.unlink(sibling)
        return PrecompressOutcome(path, coding.name, len(content), None, False)
    _replace(sibling, compressed, status)
    return PrecompressOutcome(path, coding.name, len(content), len(compressed), False)


def _replace(path: str, content: bytes, status: os.stat_result) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".precompress-", dir=os.path.dirname(path) or ".")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, status.st_mode & 0o777)
        os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise

"""The files of templates, read where the program starts.

A template is compiled where it is first used, in the event loop, with the filters and extensions that the environment
has by then. Its file was read before that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from jinja2 import Environment, FileSystemLoader, TemplateNotFound
from jinja2.loaders import split_template_path

MAX_FILES: Final = 5_000
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_SIZE: Final = 1024 * 1024
"""What is read at the start, and the bytes of one file of it; more is no template, and is read when it is asked for."""


class Source:
    """What a file held when it was read.

    Args:
        text: of the template.
        filename: of the file.
        is_unchanged: looks at the file.
    """

    __slots__ = ("_is_unchanged", "filename", "text")

    def __init__(self, text: str, filename: str, is_unchanged: Callable[[], bool]) -> None:
        self.text = text
        self.filename = filename
        self._is_unchanged = is_unchanged

    def is_up_to_date(self) -> bool:
        """Return whether the file is as it was. Blocks while it is looked at; `auto_reload` alone asks."""
        return self._is_unchanged()


class SourceLoader(FileSystemLoader):
    """Loads templates from folders, whose files `read_all` reads; one that is new or has changed is read when used.

    Args:
        searchpath: the folder, or several searched in order.
    """

    def __init__(self, searchpath: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> None:
        super().__init__(searchpath)
        self._sources: dict[str, Source] = {}

    def read_all(self, environment: Environment) -> None:
        """Read the files of the folders; those that are no text are left out."""
        read = 0
        for number, (name, path) in enumerate(self._files()):
            if number >= MAX_FILES or read >= MAX_BYTES:
                return
            with suppress(OSError, UnicodeError, TemplateNotFound):
                size = os.path.getsize(path)
                if size <= MAX_SIZE:
                    read += size  # of what turns out to be no text too
                    self.read_source(environment, name)

    def _files(self) -> Iterator[tuple[str, str]]:
        """The name and the path of each file."""
        for searchpath in self.searchpath:
            for folder, _, files in os.walk(searchpath):
                place = os.path.relpath(folder, searchpath)
                for file in files:
                    name = file if place == os.curdir else f"{place}/{file}".replace(os.path.sep, "/")
                    if name not in self._sources:
                        yield name, os.path.join(folder, file)

    def read_source(self, environment: Environment, name: str) -> Source:
        """Return the source of a template, and keep it. Blocks while its file is read."""
        source = self._sources[name] = Source(*super().get_source(environment, name))
        return source

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return the text of a template, the name of its file, and what returns whether that is as it was.

        Raises:
            jinja2.TemplateNotFound: there is none of this name.
        """
        name = "/".join(split_template_path(template))
        source = self._sources.get(name)
        if source is None or (environment.auto_reload and not source.is_up_to_date()):
            source = self.read_source(environment, name)
        return source.text, source.filename, source.is_up_to_date

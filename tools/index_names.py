"""Whether the names that a release would publish are free on the index, or ours.

Usage: `python tools/index_names.py [--index URL] PACKAGE ...` asks a package index (PEP 503 and 691) for the projects
that the packages are published as. It exits with 1 if somebody else owns one of them, or if a distribution that is not
ours, on the index or in this environment, provides the import namespace. Without `--index` it asks the index that
`uv.lock` was resolved against.

All files of a project are read, whatever interpreter they are for: a look-up by an installer sees only those that fit
its own interpreter, and takes a name for free that is not.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from email.parser import HeaderParser
from html.parser import HTMLParser
from importlib.metadata import Distribution, distributions
from pathlib import PurePosixPath
from urllib.error import HTTPError
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.request import Request, urlopen

from charter import META_PACKAGE, REPOSITORY, ROOT, distribution_name, normalized

NAMESPACE = META_PACKAGE
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
TIMEOUT = 60


def fetch(url: str) -> tuple[bytes, str]:
    """Return a resource of the index and its media type.

    Raises:
        FileNotFoundError: the index has none at this address.
    """
    try:
        with urlopen(Request(url, headers={"Accept": ACCEPT}), timeout=TIMEOUT) as response:
            return response.read(), response.headers.get_content_type()
    except HTTPError as exc:
        if exc.code in (404, 410):
            raise FileNotFoundError(url) from None
        raise


def files_of(index: str, project: str) -> list[str]:
    """Return the addresses of all files of a project; none if the index does not have the project."""
    page = f"{index.rstrip('/')}/{normalized(project)}/"
    try:
        body, media_type = fetch(page)
    except FileNotFoundError:
        return []
    if media_type.endswith("json"):
        links = [file["url"] for file in json.loads(body)["files"]]
    else:
        reader = _Links()
        reader.feed(body.decode("utf-8"))
        links = reader.found
    return [urldefrag(urljoin(page, link)).url for link in links]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def contents(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return the metadata of a wheel or source distribution, and the names of its files as they are installed."""
    if name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            metadata = next((one for one in names if one.endswith((".dist-info/METADATA", "/PKG-INFO"))), None)
            text = archive.read(metadata).decode("utf-8", "replace") if metadata else ""
    else:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            names = archive.getnames()
            metadata = next((one for one in names if one.count("/") == 1 and one.endswith("/PKG-INFO")), None)
            found = archive.extractfile(metadata) if metadata else None
            text = found.read().decode("utf-8", "replace") if found else ""
    if not name.endswith(".whl"):
        below = [PurePosixPath(*PurePosixPath(one).parts[1:]) for one in names]
        names = [str(one.relative_to("src") if one.parts[:1] == ("src",) else one) for one in below]
    return text, names


def is_ours(metadata: str) -> bool:
    """Return whether a distribution's metadata names this project's repository."""
    urls = HeaderParser().parsestr(metadata).get_all("Project-URL", [])
    addresses = [url.partition(",")[2].strip().rstrip("/") for url in urls]
    return any(address == REPOSITORY or address.startswith(REPOSITORY + "/") for address in addresses)


def provides_namespace(files: list[str]) -> bool:
    """Return whether installing these files puts something at the import namespace.

    >>> provides_namespace(["armillary/__init__.py"]), provides_namespace(["armillary_tools/__init__.py"])
    (True, False)
    """
    return any(PurePosixPath(name).parts[:1] in ((NAMESPACE,), (NAMESPACE + ".py",)) for name in files)


def foreign_on_index(index: str, packages: list[str]) -> Iterator[str]:
    """Yield a sentence for each name of these packages, and for the namespace's own, that somebody else owns."""
    for project in dict.fromkeys([*map(distribution_name, packages), NAMESPACE]):
        files = files_of(index, project)
        if not files:
            continue
        # One file is enough: a project has one owner. The last is the newest by the index's own order.
        url = files[-1]
        metadata, names = contents(PurePosixPath(urlsplit(url).path).name, fetch(url)[0])
        if not is_ours(metadata):
            hides = f", and it provides the import {NAMESPACE}" if provides_namespace(names) else ""
            yield f"{project} on the index belongs to somebody else ({PurePosixPath(urlsplit(url).path).name}){hides}"


def foreign_in_environment(installed: Callable[[], Iterator[Distribution]] = distributions) -> Iterator[str]:
    """Yield a sentence for each installed distribution that is not ours and provides the import namespace."""
    for distribution in installed():
        name = normalized(distribution.metadata["Name"] or "")
        ours = name == META_PACKAGE or name.startswith(META_PACKAGE + "-")
        if not ours and provides_namespace([str(file) for file in distribution.files or ()]):
            yield f"{name} {distribution.version}, which is installed here, provides the import {NAMESPACE}"


def default_index() -> str:
    """Return the index that `uv.lock` was resolved against."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    return next(package["source"]["registry"] for package in locked if "registry" in package["source"])


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Whether the names of a release are free or ours.")
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="folders of packages/")
    parser.add_argument("--index", default=None, help="the index's address; the one of uv.lock if left out")
    options = parser.parse_args()
    index = options.index or default_index()
    findings = [*foreign_on_index(index, options.packages), *foreign_in_environment()]
    if findings:
        raise SystemExit("index-names: do not publish:\n" + "\n".join(f"  {finding}" for finding in findings))
    print(f"{len(options.packages)} names are free or ours")


if __name__ == "__main__":
    main()

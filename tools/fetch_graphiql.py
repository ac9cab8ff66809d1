"""Bundles GraphiQL's page into armillary-graphql, from the npm registry.

Run it by `make graphiql`; it needs npm. What is bundled is `tools/graphiql/page.js`, and npm installs exactly what the
lock file beside it names, with its hashes. esbuild, which is among it, makes the same bytes of it everywhere. Their
hashes are listed here: a file that is not the one that was reviewed is rejected. `--adopt` prints them instead.

To upgrade, change `tools/graphiql/package.json`, and run there
`npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved`.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from npm_notices import Package, bundled_folders, notices, package_in

SOURCE = Path(__file__).with_name("graphiql")
TARGET = Path(__file__).resolve().parents[1] / "packages/graphql/src/armillary/graphql/graphiql"

ENTRIES = {
    "graphiql": "page.js",
    "editor.worker": "node_modules/monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "node_modules/monaco-graphql/esm/graphql.worker.js",
    "json.worker": "node_modules/monaco-editor/esm/vs/language/json/json.worker.js",
}
FONTS = ("fira-code", "roboto")
"""The style sheet has them in it without their licences, which are taken from packages that are not bundled."""

OPTIONS = (
    *("--bundle", "--minify", "--format=iife", "--target=es2022"),
    *('--define:process.env.NODE_ENV="production"', "--loader:.ttf=dataurl", "--metafile=inputs.json", "--outdir=out"),
)
SHA256 = {
    "editor.worker.js": "8bb12a240994eae1707dbf81123e04a091c22d755ec5703723e61a9a9145defd",
    "graphiql.css": "9fd639ecf1f84666085f3595534529c7d3f4317535287e4ef3454225355f8b35",
    "graphiql.js": "97cca0823fb47fa1c2846ff8d1bf49fa56d3489de0619cfbb04b2f147056e04a",
    "graphql.worker.js": "4b8100460819db4f4a5a00ae63b106ba36d84105ba80a84bffab9ca56841018f",
    "json.worker.js": "e9b57cc97abdc590f1d2dedf181f8c62813bb0acb748af7c1a0adf1647ab5d31",
}


def bundle(folder: Path) -> tuple[dict[str, bytes], list[Package], list[Package]]:
    """Install and bundle in a folder; return the files, the packages that they are made of, and those of the fonts."""
    for name in ("package.json", "package-lock.json", "page.js", "page.css"):
        shutil.copy(SOURCE / name, folder)
    npm = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(npm, cwd=folder, check=True)
    entries = [f"{name}={path}" for name, path in ENTRIES.items()]
    esbuild = str(folder / "node_modules/.bin/esbuild")
    subprocess.run([esbuild, "--log-level=error", *entries, *OPTIONS], cwd=folder, check=True)
    files = {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))["inputs"]
    packages = sorted(package_in(folder / name) for name in bundled_folders(inputs))
    return files, packages, [package_in(folder / "node_modules/@fontsource" / name) for name in FONTS]


def main(arguments: list[str]) -> int:
    """Write the files if every hash is right; return the status to exit with."""
    with tempfile.TemporaryDirectory() as folder:
        files, packages, fonts = bundle(Path(folder))
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    if arguments == ["--adopt"]:
        print(json.dumps(hashes, indent=4))
        return 0
    wrong = sorted(name for name in hashes.keys() | SHA256.keys() if hashes.get(name) != SHA256.get(name))
    for name in wrong:
        print(f"{name} is {hashes.get(name)}, not {SHA256.get(name)}", file=sys.stderr)
    if wrong:
        return 1
    TARGET.mkdir(exist_ok=True)
    for name, content in files.items():
        (TARGET / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    (TARGET / "NOTICES.graphiql.txt").write_text(notices("The page of GraphiQL", [*packages, *fonts]), "utf-8")
    versions: dict[str, list[str]] = {}
    for package in packages:
        versions.setdefault(package.name, []).append(package.version)
    record = {"packages": {name: ", ".join(found) for name, found in versions.items()}, "files": hashes}
    (TARGET / "versions.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

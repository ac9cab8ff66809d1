"""The TypeScript client: compiled strictly, run by Node against a server, and broken by a renamed member."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testkit import install_npm_packages

HERE = Path(__file__).with_name("openapi")
SERVED = Path(__file__).with_name("served")
ROOT = HERE.parents[1]

PROGRAM = """\
import { ApiError, Client, type Star } from "./client.js";

const client = new Client({ baseUrl: process.argv[2], headers: { "X-Key": "lyra" } });
const vega: Star = await client.getStarsByNumber({ path: { number: 1 } });
const names: string[] = [];
for await (const star of client.getStars({ query: { tag: ["a", "b"] } })) names.push(star.name);
const options = { headers: { Authorization: "Bearer token-of-ada" } };
const added = await client.postStars({ body: { name: "Altair", magnitude: 0.76 } }, options);
let missing = 0;
try {
  await client.getStarsByNumber({ path: { number: 9 } });
} catch (error) {
  if (error instanceof ApiError) missing = error.status;
}
console.log(JSON.stringify({ vega, names, added, missing }));
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the client of the application, and a program that uses it."""
    (tmp_path / "node_modules").symlink_to(install_npm_packages(HERE, ROOT / ".cache" / "openapi-clients"))
    options = {
        "target": "es2022",
        "module": "nodenext",
        "lib": ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
        "strict": True,
        "noUnusedLocals": True,
        "noEmitOnError": True,
        "types": [],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "program.ts").write_text("declare const process: { argv: string[] };\n" + PROGRAM)
    command = [
        sys.executable,
        "-m",
        "armillary.openapi",
        "typescript",
        "openapi_story:app",
        "-o",
        tmp_path / "client.ts",
    ]
    subprocess.run([*command, "--app-dir", SERVED], check=True)
    return tmp_path


def compiled(project: Path) -> str:
    """Compile the project; return what the compiler says."""
    compiler = project / "node_modules" / ".bin" / "tsc"
    return subprocess.run([compiler, "-p", "."], cwd=project, capture_output=True, text=True, timeout=120).stdout


def test_the_client_compiles_and_calls_a_server(project: Path, serve: Callable[..., Any]) -> None:
    assert compiled(project) == ""
    server = serve("uvicorn-websockets", "openapi_story:app", PYTHONPATH=str(SERVED))
    command = ["node", "program.js", f"http://127.0.0.1:{server.port}"]
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "vega": {"name": "Vega", "magnitude": 0.03},
        "names": ["Vega", "Deneb"],
        "added": {"name": "Altair", "magnitude": 0.76},
        "missing": 404,
    }


def test_a_renamed_member_breaks_the_compilation_of_the_program(project: Path) -> None:
    client = project / "client.ts"
    document = project / "openapi.json"
    command = [sys.executable, "-m", "armillary.openapi"]
    subprocess.run([*command, "openapi_story:app", "-o", document, "--app-dir", SERVED], check=True)
    renamed = document.read_text().replace('"name": {', '"title": {').replace('"name",', '"title",')
    document.write_text(renamed)
    subprocess.run([*command, "typescript", document, "-o", client], check=True)
    assert "Property 'name' does not exist on type" in compiled(project)

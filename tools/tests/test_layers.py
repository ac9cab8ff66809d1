from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import importlinter
import pytest
from charter import Row
from layers import contracts, layered

CHARTER = {
    "asgi-types": Row("asgi-types", pure=True),
    "http": Row("http", frozenset({"asgi-types"}), frozenset({"anyio"})),
    "routing": Row("routing", frozenset({"asgi-types"}), extra_siblings=frozenset({"http"}), pure=True),
    "cors": Row("cors", frozenset({"asgi-types"}), pure=True),
}


def run_contracts(tmp_path: Path, **sources: str) -> subprocess.CompletedProcess[str]:
    """Write a package per name in CHARTER, with these sources, and check them against the contracts of CHARTER."""
    for name in CHARTER:
        module = name.replace("-", "_")
        home = tmp_path / "armillary" / module
        home.mkdir(parents=True)
        (home / "__init__.py").write_text("from ._part import part\n")
        (home / "_part.py").write_text(f"part = 1\n{sources.get(module, '')}\n")
    (tmp_path / ".importlinter").write_text(contracts(CHARTER, CHARTER))
    # Without `site`, so that the packages of this workspace do not join the namespace of the ones above.
    paths = [".", str(Path(importlinter.__file__).parent.parent)]
    program = f"import sys; sys.path[:0] = {paths}; import importlinter.cli; importlinter.cli.lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sources_that_follow_the_table_pass(tmp_path: Path) -> None:
    done = run_contracts(
        tmp_path,
        http="import armillary.asgi_types\nimport anyio",
        routing="import armillary.asgi_types\ndef late():\n    import armillary.http",
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("sources", "broken"),
    [
        ({"cors": "import armillary.http"}, "cors imports asgi-types"),
        ({"cors": "def late():\n    import armillary.http"}, "cors imports asgi-types"),
        ({"asgi_types": "import armillary.cors"}, "Each package imports only from the layers below it"),
        ({"cors": "import anyio"}, "cors loads no third party and no event loop"),
        ({"cors": "import asyncio"}, "cors loads no third party and no event loop"),
        ({"http": "import armillary.asgi_types._part"}, "what is below asgi-types stays private to it"),
    ],
)
def test_sources_that_leave_the_table_fail(tmp_path: Path, sources: dict[str, str], broken: str) -> None:
    done = run_contracts(tmp_path, **sources)
    assert done.returncode == 1, done.stdout
    assert f"{broken} BROKEN" in done.stdout


def test_a_circle_in_the_table_is_reported() -> None:
    rows = {"a": Row("a", frozenset({"b"})), "b": Row("b", frozenset({"a"}))}
    with pytest.raises(ValueError, match="a -> b -> a"):
        layered(rows)


def test_a_package_without_a_row_is_reported() -> None:
    with pytest.raises(ValueError, match=r"no row in tools/charter\.toml for: etag"):
        contracts(["asgi-types", "etag"], CHARTER)

from __future__ import annotations

from typing import Any

import pytest
from charter import REPOSITORY

CORS = "packages/cors/src/armillary/cors"


def test_a_new_package_passes_every_check(checkout: Any) -> None:
    assert checkout.check() == []


def test_a_sibling_that_the_charter_does_not_allow_is_reported(checkout: Any) -> None:
    checkout.replace(
        "packages/asgi-types/pyproject.toml", "dependencies = []", 'dependencies = ["armillary-cors>=1.0,<2"]'
    )
    checkout.append("packages/asgi-types/src/armillary/asgi_types/_stop.py", "\nimport armillary.cors\n")
    assert checkout.check("asgi-types") == ["asgi-types: declares armillary-cors, which the charter does not allow"]


@pytest.mark.parametrize("line", ["[dependency-groups]\n", '    "armillary-testkit",\n'])
def test_a_package_whose_tests_lack_the_testkit_is_reported(checkout: Any, line: str) -> None:
    checkout.replace("packages/cors/pyproject.toml", line, "[tool.other]\n" if line.startswith("[") else "")
    assert checkout.check("cors") == [
        'cors: pyproject.toml needs a dependency group "test" that holds "armillary-testkit"'
    ]


def test_a_third_party_that_the_charter_does_not_allow_is_reported(checkout: Any) -> None:
    checkout.replace("packages/cors/pyproject.toml", "dependencies = [", 'dependencies = ["anyio>=4,<5",')
    checkout.append(f"{CORS}/_middleware.py", "\nimport anyio\n")
    assert checkout.check("cors") == ["cors: declares anyio, which the charter does not allow"]


def test_an_extra_that_the_charter_does_not_allow_is_reported(checkout: Any) -> None:
    checkout.replace(
        "packages/cors/pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\nfast = ["orjson>=3"]\n\n[dependency-groups]',
    )
    checkout.append(f"{CORS}/_middleware.py", "\ndef late() -> None:\n    import orjson\n")
    assert checkout.check("cors") == ["cors: the extra 'fast' declares orjson, which the charter does not allow"]


@pytest.mark.parametrize(
    ("specifier", "finding"),
    [
        ("", "without an upper bound"),
        (">=1.0", "without an upper bound"),
        (">=2.0,<3", "which excludes this workspace's 1.0.0"),
    ],
)
def test_a_range_that_does_not_fit_the_sibling_is_reported(checkout: Any, specifier: str, finding: str) -> None:
    checkout.replace("packages/cors/pyproject.toml", "asgi-types>=1.0,<2", f"asgi-types{specifier}")
    (found,) = checkout.check("cors")
    assert finding in found


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        (f"{CORS}/py.typed", "src/armillary/cors/py.typed is missing"),
        ("packages/cors/LICENSE", "LICENSE must be a copy of the root's LICENSE"),
        ("packages/cors/CHANGELOG.md", 'CHANGELOG.md must start with "# Changelog"'),
        ("packages/cors/tests/test_middleware.py", "tests/ holds no test"),
        ("docs/packages/cors.md", "docs/packages/cors.md is missing"),
    ],
)
def test_a_missing_file_is_reported(checkout: Any, path: str, finding: str) -> None:
    (checkout.root / path).unlink()
    assert f"cors: {finding}" in checkout.check("cors")


def test_a_namespace_that_is_owned_is_reported(checkout: Any) -> None:
    (checkout.root / "packages/cors/src/armillary/__init__.py").touch()
    found = checkout.check("cors")
    assert any("src/armillary/__init__.py must not exist" in finding for finding in found)
    assert any("the wheel holds armillary/__init__.py, outside of armillary/cors/" in finding for finding in found)


def test_a_wheel_without_its_licence_is_reported(checkout: Any) -> None:
    checkout.replace("packages/cors/pyproject.toml", 'license-files = ["LICENSE"]', "license-files = []")
    assert checkout.check("cors") == ["cors: the wheel holds no LICENSE"]


def test_readme_sections_out_of_order_are_reported(checkout: Any) -> None:
    checkout.replace("packages/cors/README.md", "## Install", "## Footnotes")
    checkout.replace("packages/cors/README.md", "## Links", "## Install")
    checkout.replace("packages/cors/README.md", "## Footnotes", "## Links")
    (found,) = checkout.check("cors")
    assert "must have its sections in this order" in found


def test_a_missing_readme_section_is_reported(checkout: Any) -> None:
    checkout.replace("packages/cors/README.md", "## Options", "### Options")
    assert checkout.check("cors") == ["cors: README.md lacks the sections: Options"]


def test_an_example_that_is_too_long_is_reported(checkout: Any) -> None:
    checkout.replace("packages/cors/README.md", "```python\n", "```python\n" + "pass\n" * 20)
    (found,) = checkout.check("cors")
    assert "at most 20" in found


def test_a_package_without_a_row_is_reported(checkout: Any) -> None:
    checkout.replace("tools/charter.toml", "[cors]", "[other]")
    assert checkout.check("cors") == ["cors: has no row in tools/charter.toml"]


def test_a_package_that_the_meta_package_does_not_reach_is_reported(checkout: Any) -> None:
    checkout.replace("packages/armillary/pyproject.toml", 'cors = ["armillary-cors>=1.0,<2"]\n', "cors = []\n")
    assert checkout.check() == ["armillary: neither its dependencies nor its extras bring armillary-cors"]


def test_root_settings_that_forget_a_package_are_reported(checkout: Any) -> None:
    checkout.replace("pyproject.toml", "armillary-cors = { workspace = true }\n", "")
    checkout.replace("pyproject.toml", '    "packages/cors/src",\n', "")
    assert checkout.check("cors") == [
        "cors: the root pyproject.toml lacks armillary-cors in [tool.uv.sources]",
        "cors: the root pyproject.toml lacks packages/cors/src in mypy_path",
    ]


def test_an_unknown_package_is_reported(checkout: Any) -> None:
    assert checkout.check("nosuch") == ["nosuch: there is no packages/nosuch/pyproject.toml"]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('Issues = "', 'Tracker = "', "must say Issues = "),
        ("/tree/main/packages/cors", "/tree/main/packages/core", "must say Source = "),
        ('keywords = ["cors", "asgi", "async"]', "keywords = []", "needs keywords"),
        ('"Typing :: Typed"', '"Typing :: Types"', "no wheel can be built: Unknown classifier"),
    ],
)
def test_what_the_index_shows_beside_the_readme_is_held_to(checkout: Any, old: str, new: str, finding: str) -> None:
    checkout.replace("packages/cors/pyproject.toml", old, new)
    (found,) = checkout.check("cors")
    assert finding in found


@pytest.mark.parametrize(
    ("link", "finding"),
    [
        ("[page](docs/packages/cors.md)", "links to docs/packages/cors.md; write the whole address"),
        ("[page][page]\n\n[page]: ../cors", "links to ../cors; write the whole address"),
        (f"[page]({REPOSITORY}/blob/main/docs/nosuch.md)", "and there is no such file"),
        (f"[page]({REPOSITORY}/tree/main/packages/nosuch)", "and there is no such folder"),
    ],
)
def test_a_link_of_a_readme_that_leads_nowhere_on_the_index_is_named(checkout: Any, link: str, finding: str) -> None:
    checkout.append("packages/cors/README.md", f"\n{link}\n")
    (found,) = checkout.check("cors")
    assert finding in found


def test_a_readme_links_to_its_page_of_the_documentation(checkout: Any) -> None:
    page = f"{REPOSITORY}/blob/main/docs/packages/cors.md"
    checkout.replace("packages/cors/README.md", page, f"{REPOSITORY}/blob/main/LICENSE")
    (found,) = checkout.check("cors")
    assert found == "cors: README.md must link to its page of the documentation by its whole address"

from __future__ import annotations

from typing import Any

import pytest

CORS = "packages/cors/src/armillary/cors"
ASGI_TYPES = "packages/asgi-types/src/armillary/asgi_types"


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("import jinja2", "imports jinja2, but jinja2 is not declared"),
        ("import yaml", "imports yaml, but pyyaml is not declared"),
        ("from armillary.http import Request", "imports armillary.http, but armillary-http is not declared"),
        ("from armillary import http", "imports armillary, but armillary-http is not declared"),
        ("import armillary", "imports the bare namespace armillary"),
        ("def late() -> None:\n    import jinja2", "imports jinja2, but jinja2 is not declared"),
        ("from importlib import import_module\nimport_module('jinja2')", "imports jinja2, but jinja2 is not declared"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import jinja2", "jinja2 is not declared"),
        ("try:\n    import jinja2\nexcept ImportError:\n    pass", "imports jinja2, but jinja2 is not declared"),
    ],
)
def test_an_import_that_is_not_declared_is_reported(checkout: Any, line: str, finding: str) -> None:
    checkout.append(f"{CORS}/_middleware.py", f"\n{line}\n")
    (found,) = checkout.check("cors")
    assert found.startswith("cors: src/armillary/cors/_middleware.py:")
    assert finding in found


def test_the_standard_library_of_a_newer_python_needs_no_declaration(checkout: Any) -> None:
    checkout.append(f"{CORS}/_middleware.py", "\ndef late() -> None:\n    import annotationlib\n")
    assert checkout.check("cors") == []


def test_an_extra_may_only_be_imported_late(checkout: Any) -> None:
    checkout.replace(
        "packages/cors/pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\nbrotli = ["brotli>=1.1"]\n\n[dependency-groups]',
    )
    (checkout.root / CORS / "_brotli.py").write_text("import brotli\n")
    checkout.append(f"{CORS}/_middleware.py", "\ndef late() -> None:\n    from . import _brotli\n")
    assert checkout.check("cors") == []
    checkout.append(f"{CORS}/_middleware.py", "\nfrom . import _brotli\n")
    (found,) = checkout.check("cors")
    assert "imports brotli whenever armillary.cors is imported, but brotli is only an extra" in found


def test_an_extra_that_nothing_imports_is_reported(checkout: Any) -> None:
    checkout.replace(
        "packages/cors/pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\nbrotli = ["brotli>=1.1"]\n\n[dependency-groups]',
    )
    assert checkout.check("cors") == ["cors: the extra 'brotli' declares brotli, but nothing in src imports it"]


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("import armillary.asgi_types._stop", "armillary.asgi_types._stop"),
        ("from armillary.asgi_types import _stop", "armillary.asgi_types._stop"),
        ("from armillary.asgi_types._stop import StopToken", "armillary.asgi_types._stop"),
        ("def late() -> None:\n    import armillary.asgi_types._stop", "armillary.asgi_types._stop"),
        (
            "from importlib import import_module\nimport_module('armillary.asgi_types._stop')",
            "armillary.asgi_types._stop",
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from armillary.asgi_types._stop import StopToken",
            "armillary.asgi_types._stop",
        ),
    ],
)
def test_an_import_of_a_private_module_of_another_package_is_reported(checkout: Any, line: str, target: str) -> None:
    checkout.append(f"{CORS}/_middleware.py", f"\n{line}\n")
    (found,) = checkout.check("cors")
    assert found.startswith("cors: src/armillary/cors/_middleware.py:")
    assert found.endswith(f"imports {target}, which is private to asgi-types; import from armillary.asgi_types")


def test_a_package_may_import_its_own_private_modules_and_what_a_sibling_says_about_itself(checkout: Any) -> None:
    (checkout.root / CORS / "_policy.py").write_text("import armillary.cors._origin\n")
    (checkout.root / CORS / "_origin.py").write_text("from armillary.asgi_types import __doc__ as text\n")
    assert checkout.check("cors") == []


@pytest.mark.parametrize(
    "line",
    [
        "from ._policy import policy",
        "from . import _policy",
        "import armillary.cors._policy",
        "def late() -> None:\n    from ._policy import policy",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ._policy import policy",
    ],
)
def test_a_circle_of_imports_inside_a_package_is_reported(checkout: Any, line: str) -> None:
    (checkout.root / CORS / "_policy.py").write_text("from ._origin import origin\npolicy = origin\n")
    (checkout.root / CORS / "_origin.py").write_text(f"origin = 1\n{line}\n")
    assert checkout.check("cors") == [
        "cors: its modules import each other in a circle: _origin -> _policy -> _origin; "
        "move what both need into a module below them"
    ]


def test_a_module_that_imports_the_front_of_its_own_package_is_in_a_circle(checkout: Any) -> None:
    (checkout.root / CORS / "_policy.py").write_text("def late() -> None:\n    from armillary.cors import __all__\n")
    checkout.append(f"{CORS}/__init__.py", "\nfrom ._policy import late as late\n")
    (found,) = checkout.check("cors")
    assert "in a circle: __init__ -> _policy -> __init__;" in found


def test_every_circle_of_a_package_is_reported(checkout: Any) -> None:
    for first, second in (("_a", "_b"), ("_c", "_d")):
        (checkout.root / CORS / f"{first}.py").write_text(f"from . import {second}\n")
        (checkout.root / CORS / f"{second}.py").write_text(f"from . import {first}\n")
    first, second = checkout.check("cors")
    assert "_a -> _b -> _a" in first
    assert "_c -> _d -> _c" in second


def test_modules_that_share_a_lower_one_are_in_no_circle(checkout: Any) -> None:
    (checkout.root / CORS / "_policy.py").write_text("from . import _origin, _vary\n")
    (checkout.root / CORS / "_vary.py").write_text("from . import _origin\n")
    (checkout.root / CORS / "_origin.py").write_text("")
    assert checkout.check("cors") == []


@pytest.mark.parametrize("loop", ["asyncio", "asyncio.events", "anyio", "trio", "uvloop"])
@pytest.mark.parametrize("line", ["import {}", "def late() -> None:\n    import {}"])
def test_an_event_loop_in_a_pure_package_is_reported(checkout: Any, loop: str, line: str) -> None:
    checkout.append(f"{ASGI_TYPES}/_stop.py", f"\n{line.format(loop)}\n")
    found = checkout.check("asgi-types")
    assert any(f"imports {loop}, but asgi-types is pure: it loads no event loop" in finding for finding in found)


def test_a_package_that_is_not_pure_may_import_an_event_loop(checkout: Any) -> None:
    checkout.append(f"{CORS}/_middleware.py", "\nimport asyncio\n")
    assert checkout.check("cors") == []


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ('[cors]\nsiblings = ["asgi-types"]\npure = true\noutside = ["anyio"]', "its row allows anyio from outside"),
        ('[other]\n[cors]\npure = true\nsiblings = ["asgi-types", "other"]', "its row allows other, which is not"),
    ],
)
def test_a_pure_package_stands_on_pure_packages_only(checkout: Any, row: str, finding: str) -> None:
    checkout.replace("tools/charter.toml", '[cors]\nsiblings = ["asgi-types"]', row)
    (found,) = checkout.check("cors")
    assert found.startswith("cors: is pure in tools/charter.toml, but ")
    assert finding in found


def test_stubs_that_type_checkers_carry_need_no_declaration(checkout: Any) -> None:
    checkout.append(
        f"{CORS}/_middleware.py",
        "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from typing_extensions import TypeVar\n",
    )
    assert checkout.check("cors") == []


def test_what_is_declared_and_never_imported_is_reported(checkout: Any) -> None:
    checkout.replace(f"{CORS}/_middleware.py", "from armillary.asgi_types import", "from typing import")
    assert checkout.check("cors") == ["cors: declares armillary-asgi-types, but nothing in src imports it"]

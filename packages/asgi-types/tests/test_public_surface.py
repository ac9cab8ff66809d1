"""What importing the package costs and shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

import armillary.asgi_types


def test_every_public_name_exists_and_says_what_it_is() -> None:
    for name in armillary.asgi_types.__all__:
        assert getattr(armillary.asgi_types, name) is not None
    undocumented = [
        name
        for name in armillary.asgi_types.__all__
        if isinstance(getattr(armillary.asgi_types, name), type) and not getattr(armillary.asgi_types, name).__doc__
    ]
    assert undocumented == []


def test_importing_it_loads_the_standard_library_alone_and_no_event_loop() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "import armillary.asgi_types\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    third_parties = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"armillary"}
    assert third_parties == set()
    assert "asyncio" not in done.stdout.split()


def test_the_descriptions_of_scopes_and_messages_are_loaded_when_they_are_asked_for() -> None:
    program = (
        "import sys, armillary.asgi_types as types\n"
        "assert 'armillary.asgi_types._message' not in sys.modules\n"
        "types.HTTPScope, types.SendEvent\n"
        "assert 'armillary.asgi_types._message' in sys.modules"
    )
    subprocess.run([sys.executable, "-I", "-c", program], check=True)


def test_a_name_it_does_not_have_is_an_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match=r"'armillary\.asgi_types' has no attribute 'HTTPRequestEvents'"):
        getattr(armillary.asgi_types, "HTTPRequestEvents")  # noqa: B009

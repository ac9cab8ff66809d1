"""What importing the package costs and shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

import asterism.asgi_types


def test_every_public_name_exists_and_says_what_it_is() -> None:
    for name in asterism.asgi_types.__all__:
        assert getattr(asterism.asgi_types, name) is not None
    undocumented = [
        name
        for name in asterism.asgi_types.__all__
        if isinstance(getattr(asterism.asgi_types, name), type) and not getattr(asterism.asgi_types, name).__doc__
    ]
    assert undocumented == []


def test_importing_it_loads_next_to_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "import asterism.asgi_types\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"asterism", "__future__", "types"}


def test_types_are_loaded_when_they_are_asked_for() -> None:
    program = (
        "import sys, asterism.asgi_types as types\n"
        "assert 'typing' not in sys.modules\n"
        "types.HTTPScope, types.SendEvent, types.ScopeRecord, types.CachedBody\n"
        "assert 'typing' in sys.modules"
    )
    subprocess.run([sys.executable, "-I", "-c", program], check=True)


def test_a_name_it_does_not_have_is_an_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match=r"'asterism\.asgi_types' has no attribute 'HTTPRequestEvents'"):
        getattr(asterism.asgi_types, "HTTPRequestEvents")  # noqa: B009

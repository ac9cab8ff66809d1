"""Settings and secrets, as Starlette has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.config import Secret as NativeSecret
from armillary.starlette.config import Config
from armillary.starlette.datastructures import Secret
from armillary.starlette.middleware.sessions import SessionMiddleware


def test_a_secret_is_revealed_by_str_and_masked_by_repr() -> None:
    secret = Secret("hunter2")
    assert str(secret) == f"{secret}" == "%s" % secret == "{}".format(secret) == "hunter2"  # noqa: UP031, UP032
    assert repr(secret) == "Secret('**********')"
    assert bool(secret)
    assert not Secret("")
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{secret:>10}"


def test_a_number_sign_is_a_part_of_a_value_also_after_quotes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text('A="x" # comment\nB="y"\n')
    assert Config(path).file_values == {"A": '"x" # comment', "B": "y"}


@pytest.mark.parametrize("secret_class", [Secret, NativeSecret])
def test_a_session_is_signed_with_the_text_of_a_secret_and_not_with_its_mask(secret_class: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    cookie = SessionMiddleware(app, secret_class("hunter2")).signed.write({"user": 1})
    assert SessionMiddleware(app, "hunter2").signed.read(cookie, 60) == {"user": 1}
    assert SessionMiddleware(app, "**********").signed.read(cookie, 60) is None


def test_export_in_front_of_a_name_is_a_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("export A=1\n", encoding="utf-8")
    config = Config(path, environ={})
    assert (config("A", default=""), config("export A")) == ("", "1")

"""Settings: lookup order, casts and error messages."""

from __future__ import annotations

import enum
import json
import traceback
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import pytest

from armillary.config import (
    CommaSeparatedStrings,
    Config,
    EnvFileError,
    InvalidSetting,
    MissingSetting,
    Secret,
    environ,
    undefined,
)


class Level(enum.Enum):
    RED = 1


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text("# settings\n\nHOST='file.example'\nPORT=eighty\nexport DEBUG=off\nEMPTY=\n")
    return path


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(env_file: Path) -> None:
    assert Config(env_file, environ={"HOST": "env.example"})("HOST", default="x") == "env.example"
    assert Config(env_file, environ={})("HOST", default="x") == "file.example"
    assert Config(environ={})("HOST", default="x") == "x"
    assert Config(str(env_file), environ={}).get("HOST") == "file.example"


def test_the_processs_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMILLARY_CONFIG_TEST", "1")
    assert Config()("ARMILLARY_CONFIG_TEST", cast=int) == 1
    assert Config().environ is environ


def test_the_prefix_is_put_in_front_of_every_name(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("APP_B=file\nB=other\n")
    config = Config(tmp_path / "env", environ={"APP_A": "env", "A": "other"}, env_prefix="APP_")
    assert (config("A"), config("B")) == ("env", "file")
    with pytest.raises(KeyError, match=r"APP_C is neither set in the environment nor in .*env, and has no default"):
        config("C")


def test_the_values_of_the_file_can_be_listed(env_file: Path) -> None:
    assert Config(env_file).file_values == {"HOST": "file.example", "PORT": "eighty", "DEBUG": "off", "EMPTY": ""}


def test_a_missing_setting_is_a_key_error_with_a_plain_message() -> None:
    with pytest.raises(MissingSetting) as caught:
        Config(environ={})("HOST")
    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == "HOST is not set in the environment, and has no default"


def test_defaults_are_cast_except_none() -> None:
    config = Config(environ={})
    assert config("A", cast=int, default=True) == 1
    assert config("A", cast=int, default=None) is None
    assert config("A", default=None) is None
    assert config("A", default=5) == 5
    with pytest.raises(ValueError, match=r"A \(its default\) is not a valid int"):
        config("A", cast=int, default="x")


@pytest.mark.parametrize("text", ["true", "True", "1", "YES", "on"])
def test_true_booleans(text: str) -> None:
    assert Config(environ={"A": text})("A", cast=bool) is True


@pytest.mark.parametrize("text", ["false", "FALSE", "0", "no", "Off"])
def test_false_booleans(text: str) -> None:
    assert Config(environ={"A": text})("A", cast=bool) is False


@pytest.mark.parametrize("text", ["2", "", "maybe", " true", "t"])
def test_what_is_no_boolean(text: str) -> None:
    with pytest.raises(ValueError, match=r"A \(the environment\) is not a valid bool"):
        Config(environ={"A": text})("A", cast=bool)
    with pytest.raises(ValueError, match="expected one of true, 1, yes, on, false, 0, no, off"):
        Config(environ={"A": "maybe"})("A", cast=bool)


def test_an_error_names_the_variable_the_file_and_the_line(env_file: Path) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Config(env_file, environ={})("PORT", cast=int)
    assert str(caught.value) == f"PORT ({env_file}, line 4) is not a valid int"
    with pytest.raises(InvalidSetting, match=r"EMPTY \(.*line 6\) is not a valid int: it is empty"):
        Config(env_file, environ={})("EMPTY", cast=int)


def test_an_error_gives_the_reason_of_a_cast() -> None:
    def port(value: str) -> int:
        if not int(value) > 1024:
            raise ValueError("it must be above the reserved ones")
        return int(value)

    with pytest.raises(ValueError, match=r"PORT \(the environment\) is not a valid port: it must be above the reserv"):
        Config(environ={"PORT": "80"})("PORT", cast=port)


def leaky(value: str) -> Any:
    raise ValueError(f"cannot parse the part {value.split(':')[1]!r}")


@pytest.mark.parametrize("cast", [int, float, json.loads, leaky, Path(".").joinpath("x").__truediv__, [].__getitem__])
def test_no_error_shows_the_value_or_a_part_of_it(cast: Any) -> None:
    value = "user:hunter2:{"
    try:
        Config(environ={"KEY": value})("KEY", cast=cast)
    except ValueError as exc:
        shown = "".join(traceback.format_exception(exc)) + repr(exc.__context__) + repr(exc.__cause__)
        assert "KEY (the environment) is not a valid" in shown
        assert "hunter2" not in shown


def test_other_casts() -> None:
    config = Config(environ={"KEY": "hunter2", "HOSTS": "a, b", "DIR": "/srv"})
    assert config("KEY", cast=Secret).reveal() == "hunter2"
    assert list(config("HOSTS", cast=CommaSeparatedStrings)) == ["a", "b"]
    assert config("DIR", cast=Path) == Path("/srv")


def test_a_missing_file_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    with pytest.warns(UserWarning, match=f"Config file '{path}' not found.") as caught:
        config = Config(path, environ={})
    assert caught[0].filename == __file__
    assert config("A", default="b") == "b"


def test_a_malformed_line_is_rejected_or_skipped(tmp_path: Path) -> None:
    class Lenient(Config):
        strict_file = False

    path = tmp_path / ".env"
    path.write_text("A=1\nhunter2\n=x\nB=2\n")
    with pytest.raises(EnvFileError) as caught:
        Config(path)
    assert str(caught.value) == f"{path}, line 2: expected NAME=value"
    assert Lenient(path).file_values == {"A": "1", "B": "2"}


def test_a_comment_after_a_quoted_value_is_left_out_unless_a_subclass_keeps_it(tmp_path: Path) -> None:
    class Literal(Config):
        comments_after_quotes = False

    path = tmp_path / ".env"
    path.write_text('A="x" # the first\nB="y"\n')
    assert Config(path).file_values == {"A": "x", "B": "y"}
    assert Literal(path).file_values == {"A": '"x" # the first', "B": "y"}


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes("A=1\nKEY=hunter2 é\n".encode("latin-1"))
    assert Config(path, encoding="latin-1").file_values["KEY"] == "hunter2 é"
    with pytest.raises(ValueError, match="line 2: not utf-8 text") as caught:
        Config(path)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__suppress_context__


def test_a_subclass_that_overrides_get_is_called() -> None:
    class Upper(Config):
        def get(self, key: str, cast: Any = None, default: Any = undefined) -> Any:
            return super().get(key.upper(), cast, default)

    assert Upper(environ={"HOST": "x"})("host") == "x"
    assert repr(undefined) == "undefined"


def test_the_types_of_settings() -> None:
    config = Config(environ={"A": "1"})

    def cast_to_int(value: Any) -> int:
        return int(value)

    assert_type(config("A"), str)
    assert_type(config("A", default=""), str)
    assert_type(config("A", default=None), str | None)
    assert_type(config("A", cast=int), int)
    assert_type(config("A", cast=bool, default=False), bool)
    assert_type(config("A", cast=bool, default=None), bool | None)
    assert_type(config("A", cast=cast_to_int, default="true"), int)
    assert_type(config("A", cast=Secret), Secret)


@pytest.mark.parametrize("cast", [Decimal, {"red": 1}.__getitem__, Level.__getitem__])
def test_any_error_of_a_cast_is_an_invalid_setting(cast: Any) -> None:
    with pytest.raises(InvalidSetting, match=r"^LEVEL \(the environment\) is not a valid "):
        Config(environ={"LEVEL": "scarlet"})("LEVEL", cast=cast)

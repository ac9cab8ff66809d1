"""The guide to migrations, followed with the command of Alembic itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from documents import ROOT

GUIDE = (ROOT / "docs" / "guides" / "migrations.md").read_text("utf-8")
PROGRAM = """
from armillary.sqlalchemy import Database
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Star(Base):
    __tablename__ = "star"

    number: Mapped[int] = mapped_column(primary_key=True)


database = Database("sqlite:///stars.db", metadata=Base.metadata)
"""


def test_alembic_writes_and_applies_a_change_with_the_lines_that_the_guide_shows(tmp_path: Path) -> None:
    def alembic(*arguments: str) -> str:
        command = [sys.executable, "-m", "alembic", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    (tmp_path / "database.py").write_text(PROGRAM, "utf-8")
    commands = re.findall(r"^alembic (init .*)$", GUIDE, re.MULTILINE)
    commands += re.findall(r"`alembic (revision [^`]*|upgrade head)` ", GUIDE)[:2]
    assert [command.split()[0] for command in commands] == ["init", "revision", "upgrade"]
    alembic(*commands[0].split())
    (lines,) = re.findall(r"^```text\n(from database .*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    environment = tmp_path / "migrations" / "env.py"
    text = environment.read_text("utf-8")
    assert text.count("target_metadata = None") == 1
    environment.write_text(text.replace("target_metadata = None", lines), "utf-8")
    for command in commands[1:]:
        alembic(*command.split())
    assert "No new upgrade operations detected" in alembic("check")

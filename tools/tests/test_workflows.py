from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from charter import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def jobs_of(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return jobs


def steps_of(path: Path) -> Iterator[dict[str, Any]]:
    return chain.from_iterable(job["steps"] for job in jobs_of(path).values())


def commands_of(path: Path) -> list[str]:
    return [step["run"] for step in steps_of(path) if "run" in step]


@every_workflow
def test_an_action_is_pinned_to_one_version(path: Path) -> None:
    uses = [step["uses"] for step in steps_of(path) if "uses" in step]
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w./-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})", action)] == []


@every_workflow
def test_runners_and_services_are_pinned_to_one_version(path: Path) -> None:
    for job in jobs_of(path).values():
        systems = job.get("strategy", {}).get("matrix", {}).get("os", [job["runs-on"]])
        images = [service["image"] for service in job.get("services", {}).values()]
        assert [system for system in systems if not re.fullmatch(r"[a-z]+-\d+(\.\d+)?", system)] == []
        assert [image for image in images if not re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?", image)] == []


@every_workflow
def test_a_job_ends_by_itself_and_may_only_read_the_repository(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {"contents": "read"}
    for name, job in jobs_of(path).items():
        assert job["timeout-minutes"] <= 60, name
        assert set(job.get("permissions", {})) <= {"id-token"}, name
    for step in steps_of(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_what_a_step_runs_exists(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for command in commands_of(path):
        for line in re.findall(r"\bmake ([a-z][a-z -]*)", command):
            assert set(line.split()) <= set(targets), command
        for script in re.findall(r"\btools/\w+\.py|\.ci/run", command):
            assert (ROOT / script).is_file(), command


def test_the_verbs_of_the_whole_check_are_targets() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    found = re.search(r"^for verb in (.+); do$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert set(found[1].split()) <= set(targets)


def test_a_release_looks_up_the_names_of_its_packages_before_anything_is_built() -> None:
    commands = commands_of(ROOT / ".github" / "workflows" / "release.yml")
    (plan,) = [place for place, text in enumerate(commands) if "release.py plan" in text]
    (names,) = [place for place, text in enumerate(commands) if "index_names.py" in text]
    (build,) = [place for place, text in enumerate(commands) if text.startswith("make build")]
    assert plan < names < build
    assert "tee packages.txt" in commands[plan]
    assert commands[names].endswith("--index https://pypi.org/simple/ $(cat packages.txt)")


def test_a_release_publishes_with_attestations_and_without_a_password() -> None:
    steps = jobs_of(ROOT / ".github" / "workflows" / "release.yml")["publish"]["steps"]
    (publish,) = [step for step in steps if step["uses"].startswith("pypa/gh-action-pypi-publish@")]
    assert publish["with"] == {"attestations": True}

from __future__ import annotations

import re
import subprocess
import sys
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
def test_an_action_is_pinned_to_one_commit_and_says_its_version(path: Path) -> None:
    uses = re.findall(r"\buses: (.+)", path.read_text("utf-8"))
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_an_action_has_the_same_commit_everywhere() -> None:
    uses = {action for path in WORKFLOWS for action in re.findall(r"\buses: (.+)", path.read_text("utf-8"))}
    assert len(uses) == len({action.partition("@")[0] for action in uses})


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [str(zizmor), "--offline", "--no-progress", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


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
        assert set(job.get("permissions", {})) <= {"id-token", "attestations"}, name
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


def test_a_release_signs_each_package_together_with_its_bill_of_materials_before_it_is_published() -> None:
    jobs = jobs_of(ROOT / ".github" / "workflows" / "release.yml")
    (attest,) = [step for step in jobs["attest"]["steps"] if step["uses"].startswith("actions/attest@")]
    assert attest["with"] == {
        "subject-path": "dist/${{ matrix.package }}-[0-9]*",
        "sbom-path": "sbom/${{ matrix.package }}.cdx.json",
    }
    assert "attest" in jobs["publish"]["needs"]
    assert any("tools/sbom.py $(cat packages.txt)" in step.get("run", "") for step in jobs["build"]["steps"])


def test_every_night_parsers_are_fuzzed_planted_bugs_found_and_dependencies_audited() -> None:
    commands = commands_of(ROOT / ".github" / "workflows" / "nightly.yml")
    assert "make audit" in commands
    assert [command for command in commands if command.startswith("make fuzz")] == [
        "make fuzz SECONDS=30",
        "make fuzz SECONDS=60 ARGS=--planted",
    ]

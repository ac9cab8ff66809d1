"""The files that the guide to deployment shows do what it says, as far as this machine has what reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from testkit import NginxServer, free_port, missing_service, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "guides" / "containers.md").read_text("utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL))
TEMPLATE = ROOT / "packages/cli/src/armillary/cli/templates/every/Dockerfile.in"


def test_the_dockerfile_of_the_guide_is_that_of_a_new_project() -> None:
    assert FILES["Dockerfile"] == TEMPLATE.read_text("utf-8")


def test_the_probes_of_kubernetes_ask_for_paths_that_the_program_has() -> None:
    pod = yaml.safe_load(FILES["stars.yaml"])["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert all(f'Route("{probe["path"]}"' in FILES["app.py"] for probe in probes)
    assert {probe["port"] for probe in probes} == {container["ports"][0]["containerPort"]}
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > waits + 30


def test_kubernetes_sees_that_the_user_of_the_image_is_not_root() -> None:
    """With `runAsNonRoot` it starts no image whose user is a name."""
    pod = yaml.safe_load(FILES["stars.yaml"])["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["runAsNonRoot"] is True
    (user,) = re.findall(r"^USER (.*)$", FILES["Dockerfile"], re.MULTILINE)
    assert int(user) > 0
    assert f"useradd --uid {user} " in FILES["Dockerfile"]


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    systemd = shutil.which("systemd-analyze")
    if systemd is None:
        missing_service("systemd-analyze")
    unit = tmp_path / "stars.service"
    # The program of the guide is not installed on this machine, its user and folder do not exist.
    unit.write_text(FILES["stars.service"].replace("/srv/stars/.venv/bin/armillary", sys.executable), "utf-8")
    command = [str(systemd), "verify", "--recursive-errors=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if "stars.service" in line]
    assert not complaints


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[str]:
    """The program of the guide on a server, behind nginx with the configuration of the guide but for TLS."""
    nginx = NginxServer(tmp_path)
    (tmp_path / "app.py").write_text(FILES["app.py"], "utf-8")
    port = free_port()
    configuration = FILES["stars.conf"].replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    configuration = re.sub(r"^ *ssl_.*\n", "", configuration, flags=re.MULTILINE)
    configuration = configuration.replace("listen 443 ssl;", f"listen 127.0.0.1:{nginx.port};")
    nginx.http = configuration
    serve = ["armillary.cli", "run", "--port", str(port), "--trusted-proxies", "127.0.0.1"]
    program = subprocess.Popen([sys.executable, "-m", *serve], cwd=tmp_path, stdin=subprocess.DEVNULL)
    try:
        wait_for_port(port, program, 60)
        with nginx:
            yield f"http://127.0.0.1:{nginx.port}"
    finally:
        program.terminate()
        program.wait(timeout=30)


def test_behind_nginx_the_program_knows_scheme_host_and_client_and_streams(behind_nginx: str) -> None:
    headers = {"host": "stars.example", "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    with httpx.Client(base_url=behind_nginx, headers=headers, trust_env=False) as client:
        assert client.get("/").json() == {"url": "http://stars.example/", "client": "127.0.0.1"}
        assert client.get("/ready").json() == {"status": "ok"}
        events = client.get("/events")
        assert "data: first" in events.text
        assert "x-accel-buffering" not in events.headers
        assert client.post("/", content=bytes(21 * 1024 * 1024)).status_code == 413

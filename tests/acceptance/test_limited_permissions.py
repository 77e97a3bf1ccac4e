"""A user who may read two namespaces sees those two and what is missing, and the scanner does not repeat refused lists."""

import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import ControlPlane, Options

WATCHED = float(os.environ.get("K8SCONSOLE_REFUSED_SECONDS", "20"))
"""Seconds, in which nothing refused may be asked for twice."""
RULES = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        item
        for space in ("team-a", "team-b")
        for item in (
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "pods", "namespace": space},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "pods", "namespace": space},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "pods"},
                "subjects": [{"kind": "User", "name": "half-blind"}],
            },
        )
    ],
}
AUDIT = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
  users: [half-blind]
  omitStages: [RequestReceived, ResponseStarted]
- level: None
"""


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """The audit log of the API server."""
    return tmp_path / "audit.log"


@pytest.fixture
def plane(own_control_plane: OwnControlPlane, requests: Path, tmp_path: Path) -> ControlPlane:
    policy = tmp_path / "audit.yaml"
    policy.write_text(AUDIT)
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={requests}")
    made = own_control_plane(Options(name="strict", nodes=1, scheduler=False, apiserver_flags=flags))
    for space in ("team-a", "team-b", "team-c"):
        made.create_namespace(space)
        made.kubectl("run", f"pod-{space}", "--image=registry.example/x:1", "-n", space)
    made.kubectl("apply", "-f", "-", stdin=json.dumps(RULES))
    return made


@pytest.fixture
def program(plane: ControlPlane, tmp_path: Path) -> Program:
    return Program(tmp_path / "program", plane.user("half-blind"))


@pytest.mark.real
@pytest.mark.long
def test_two_namespaces_are_read_the_others_are_missing_and_no_refused_list_is_repeated(program: Program, requests: Path) -> None:
    wanted = ["-n", "team-a", "-n", "team-b", "-n", "team-c"]
    done = program.finish("scan", "--once", "--json", *wanted)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)
    assert any("team-c" in line for line in report["missing"]), report["missing"]
    found = program.json("get", "pods", "-A", "-o", "json")
    assert {item["metadata"]["name"] for item in found["items"]} == {"pod-team-a", "pod-team-b"}
    assert found["freshness"]["complete"] is False
    assert any("team-c" in line for line in found["freshness"]["missing"])
    empty = program.finish("get", "configmaps", "-A")
    assert "forbidden" in (empty.stdout + empty.stderr), "nothing looks empty that is merely forbidden"

    since = requests.stat().st_size
    with subprocess.Popen(
        [*COMMAND, "scan", *wanted], cwd=ROOT, env=program.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as scanner:
        time.sleep(WATCHED)
        scanner.terminate()
        scanner.wait(20)
    refused = _count_refused_lists(requests, since)
    assert refused, "something was refused"
    assert {path: times for path, times in refused.items() if times > 1} == {}


def _count_refused_lists(requests: Path, since: int) -> Counter[str]:
    """How often each list was requested and refused."""
    with requests.open() as log:
        log.seek(since)
        entries = [json.loads(line) for line in log if line.endswith("\n")]
    return Counter(
        entry["requestURI"].partition("?")[0]
        for entry in entries
        if entry["verb"] == "list" and entry.get("responseStatus", {}).get("code") == 403
    )

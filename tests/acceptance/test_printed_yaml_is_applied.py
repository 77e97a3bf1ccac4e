"""What ``get -o yaml`` prints, ``kubectl apply`` takes: one object, a list, from the cache and from the cluster."""

import json
from pathlib import Path

import pytest
import yaml

from tests.acceptance.program import Program
from tests.control_plane.plane import ControlPlane

pytestmark = pytest.mark.real

DATA = {
    "run.sh": "#!/bin/sh\n\techo 🚀   # a tab and an emoji\n",
    "next-line": "a\x85b\u2028c\n",
    "override": "a\u202eb\u2066c",
    "hash": "12e45",
    "octal": "0o17",
    "long": "word " * 2_000 + "end",
    "blank-at-the-end": "first \nsecond ",
}


@pytest.mark.parametrize("live", [(), ("--live",)])
def test_kubectl_applies_what_was_printed_and_nothing_changes(
    control_plane: ControlPlane, real_namespace: str, tmp_path: Path, live: tuple[str, ...]
) -> None:
    program = Program(tmp_path, control_plane.kubeconfig)
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "data": DATA}
    control_plane.kubectl("-n", real_namespace, "apply", "-f", "-", stdin=json.dumps(manifest))
    control_plane.kubectl("-n", real_namespace, "create", "deployment", "web", "--image=web:1", "--replicas=0")
    program.run("scan", "--once", "--json")
    one = program.run("get", "configmap", "odd", "-n", real_namespace, "-o", "yaml", *live)
    several = program.run("get", "deployments", "-n", real_namespace, "-o", "yaml", *live)
    assert yaml.safe_load(one)["data"] == DATA
    assert "  run.sh: |\n    #!/bin/sh\n    \techo 🚀" in one
    before = json.loads(control_plane.kubectl("-n", real_namespace, "get", "configmap", "odd", "-o", "json"))
    said = control_plane.kubectl("-n", real_namespace, "apply", "-f", "-", stdin=one)
    said += control_plane.kubectl("-n", real_namespace, "apply", "-f", "-", stdin=several)
    after = json.loads(control_plane.kubectl("-n", real_namespace, "get", "configmap", "odd", "-o", "json"))
    assert after["data"] == before["data"] == DATA
    assert "deployment.apps/web" in said

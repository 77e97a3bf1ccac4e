"""What the tools say of releases that Helm itself made, judged by Helm's own words. Runs where ``helm`` is installed."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster

HELM = shutil.which("helm")
pytestmark = [pytest.mark.long, pytest.mark.skipif(HELM is None, reason="helm is not installed")]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\nappVersion: '1.2'\n",
    "values.yaml": "size: 1\nnested: {kept: true, dropped: yes, password: FAKE-chart-password}\nlist: [a, b]\n",
    "templates/map.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {size: '{{ .Values.size }}'}\n"
        "{{ if eq (int .Values.size) 13 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'Not A Name'}\n{{ end }}\n"
    ),
}


class Helm:
    def __init__(self, cluster: OfferedCluster, folder: Path) -> None:
        self._env = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "HELM_NAMESPACE": cluster.namespace, "HOME": str(folder)}
        self.chart = folder / "small"
        for name, text in CHART.items():
            (self.chart / name).parent.mkdir(parents=True, exist_ok=True)
            (self.chart / name).write_text(text)

    def __call__(self, *words: str, fails: bool = False) -> str:
        done = subprocess.run([str(HELM), *words], env=self._env, capture_output=True, text=True, timeout=60)
        assert bool(done.returncode) is fails, done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "-o", "json"))


@pytest.fixture
def helm(offered: OfferedCluster, tmp_path: Path) -> Helm:
    """Three revisions of one release: installed, upgraded, and an upgrade that the cluster refused."""
    made = Helm(offered, tmp_path)
    made("install", "small", str(made.chart), "--set", "size=2")
    made("upgrade", "small", str(made.chart), "--set", "size=3,nested.dropped=null,extra.token=FAKE-given-token")
    made("upgrade", "small", str(made.chart), "--set", "size=13", fails=True)
    return made


def _tool(program: Program, tool: str, **arguments: Any) -> Any:
    given = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in arguments.items()]
    return program.json("tools", "call", tool, *given, "--json")["data"]


def test_the_tools_say_what_helm_says(helm: Helm, program: Program, offered: OfferedCluster) -> None:
    where = {"name": "small", "namespace": offered.namespace}
    (theirs,) = helm.json("list", "--all")
    (ours,) = _tool(program, "helm_list_releases", namespace=offered.namespace)["items"]
    same = ("name", "namespace", "status", "chart", "app_version")
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    assert str(ours["revision"]) == theirs["revision"] == "3"
    assert ours["status"] == "failed"

    history = _tool(program, "helm_get_history", **where)["items"]
    kept = ("revision", "status", "chart", "app_version", "description")
    assert [{key: one[key] for key in kept} for one in reversed(history)] == [
        {key: one[key] for key in kept} for one in helm.json("history", "small")
    ]

    for number in (1, 2, 3):
        for everything in (False, True):
            said = helm.json("get", "values", "small", "--revision", str(number), *(["--all"] if everything else [])) or {}
            shown = _tool(program, "helm_get_values", **where, revision=number, all=everything)["values"]
            assert shown == _masked(said), (number, everything)


def _masked(values: Any) -> Any:
    """What Helm tells in the clear, as it may leave this program."""
    if isinstance(values, dict):
        return {key: "[masked: 9-16 chars]" if value == "FAKE-given-token" else "[masked: 17-32 chars]" if value == "FAKE-chart-password"
                else _masked(value) for key, value in values.items()}  # fmt: skip
    return values

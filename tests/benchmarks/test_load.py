"""The load generator creates the requested objects, once."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.load.plan import Plan
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import ControlPlane, Options


@pytest.mark.parametrize("pods", [1, 49, 50, 51, 10_000, 50_000])
def test_a_plan_has_exactly_the_requested_pods(pods: int) -> None:
    names = [name for app in Plan.of(pods).apps() for name in app.pod_names()]
    assert len(names) == len(set(names)) == pods


def test_ten_thousand_pods_are_two_hundred_apps_in_twenty_namespaces_on_a_hundred_nodes() -> None:
    plan = Plan.of(10_000)
    assert (len(plan.apps()), len({app.namespace for app in plan.apps()}), len(plan.node_names())) == (200, 20, 100)


@pytest.mark.real
@pytest.mark.parametrize("mode", [[], ["--direct"]], ids=["by deployments", "directly"])
def test_the_requested_pods_run_and_a_second_run_adds_nothing(own_control_plane: OwnControlPlane, mode: list[str]) -> None:
    plane = own_control_plane(Options(nodes=0))
    first = _load(plane, *mode)
    again = _load(plane, *mode)
    assert (first["ok"], first["running"], first["existing"].get("Namespace")) == (True, 60, None)
    assert (again["ok"], again["running"], again["created"]) == (True, 60, {})
    assert plane.kubectl("get", "pods", "-A", "--no-headers", "--field-selector=status.phase=Running").count("Running") == 60


def _load(plane: ControlPlane, *mode: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.load", f"--kubeconfig={plane.kubeconfig}", "--pods=60", "--timeout=120", *mode]
    summary: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=180, check=True).stdout)
    return summary

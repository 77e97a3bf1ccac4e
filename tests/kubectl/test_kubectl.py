"""kubectl works with the demo cluster: every command ends, and ends as it does on a real one."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.control_plane import binaries
from tests.control_plane.plane import ControlPlane
from tests.kubectl.runner import Run, differences

_REFUSED = {
    *("create namespace {ns}", "get nonsense", "get pod missing -n {ns}", "describe pod missing -n {ns}", "logs missing -n {ns}"),
    *("get pods -n {ns} --field-selector=spec.nonsense=1", "get pods -n {ns} -l 'a=b=c'", "explain pods.spec.nonsense"),
}


def _outcomes(kubeconfig: Path, kubectl: str) -> list:
    return list(Run(kubeconfig, kubectl).outcomes())


@pytest.mark.long
def test_every_kubectl_command_ends_on_the_demo_cluster() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl on this machine")
    with DemoCluster.in_thread("calm-shop", still=True) as cluster:
        outcomes = _outcomes(cluster.kubeconfig, kubectl)
    assert [each.command.words for each in outcomes if each.code == -1] == []
    assert not [each.command.words for each in outcomes if "Internal error" in each.text or "InternalError" in each.text]
    refused = {each.command.words for each in outcomes if each.code == 1}
    assert refused >= _REFUSED


@pytest.mark.real
@pytest.mark.long
def test_kubectl_sees_no_difference_between_the_demo_and_a_real_cluster(control_plane: ControlPlane) -> None:
    kubectl = str(binaries.locate("kubectl"))
    with DemoCluster.in_thread("calm-shop", still=True) as demo, ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(_outcomes, (demo.kubeconfig, control_plane.kubeconfig), (kubectl, kubectl))
    news = [each for each in differences(ours, theirs) if not each.known]
    assert not news, "\n\n".join(f"$ kubectl {each.command}\n--- demo\n{each.ours}\n+++ real\n{each.theirs}" for each in news)

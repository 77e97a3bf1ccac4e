"""Clusters, and the program with a home directory of its own."""

import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster, offer
from tests.control_plane.plane import ControlPlane

offered = offer("demo", "real")


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoCluster]:
    """The demo cluster of the session. Tests must not change its objects. It is still, since tests compare several reads of it."""
    with DemoCluster.in_thread("calm-shop", still=True) as cluster:
        yield cluster


@pytest.fixture
def demo_cluster(demo: DemoCluster) -> Iterator[OfferedCluster]:
    """The demo cluster for a test that runs on both clusters, with a namespace of its own."""
    yield from offer_demo(demo)


def offer_demo(demo: DemoCluster) -> Iterator[OfferedCluster]:
    """The demo cluster with a new namespace in it, which is deleted afterwards."""

    def kubectl(*arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        command = [shutil.which("kubectl") or "kubectl", f"--kubeconfig={demo.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=True).stdout

    namespace = f"acceptance-{secrets.token_hex(3)}"
    kubectl("create", "namespace", namespace)
    yield OfferedCluster("demo", demo.kubeconfig, "demo-calm-shop", namespace, kubectl)
    kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="module", params=["demo", pytest.param("real", marks=pytest.mark.real)])
def shared(request: pytest.FixtureRequest) -> Iterator[OfferedCluster]:
    """Like ``offered``, with one namespace for all tests of a module. For tests that change nothing in it."""
    if request.param == "demo":
        yield from offer_demo(request.getfixturevalue("demo"))
        return
    plane: ControlPlane = request.getfixturevalue("control_plane")
    namespace = f"acceptance-{secrets.token_hex(3)}"
    plane.create_namespace(namespace)
    yield OfferedCluster("real", plane.kubeconfig, plane.options.name, namespace, plane.kubectl)
    plane.delete_namespace(namespace)


@pytest.fixture(scope="module")
def shared_program(shared: OfferedCluster, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program on the shared cluster, with one cache for all tests of a module."""
    return Program(tmp_path_factory.mktemp("program"), shared.kubeconfig)


@pytest.fixture
def program_on(tmp_path: Path) -> Callable[[OfferedCluster], Program]:
    """Returns a function that makes the program for a given cluster."""
    return lambda cluster: Program(tmp_path / "program", cluster.kubeconfig)


@pytest.fixture
def program(offered: OfferedCluster, tmp_path: Path) -> Program:
    """The program, on the offered cluster."""
    return Program(tmp_path / "program", offered.kubeconfig)

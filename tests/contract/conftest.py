"""The two clusters that must behave alike: the demo and a real control plane. No test depends on which one it gets."""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.users import User
from k8sconsole.model.refs import ClusterName
from tests.contract.kinds import CONFIG_MAPS, NAMESPACES, body
from tests.control_plane.offered import OfferedCluster, offer
from tests.control_plane.plane import ControlPlane

STRANGER = User("stranger", "stranger-token")

offered = offer("demo", "real")


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoCluster]:
    """The session's demo cluster, on a thread of its own."""
    with DemoCluster.in_thread("calm-shop", still=True, users=(STRANGER,)) as cluster:
        yield cluster


@pytest.fixture
def demo_cluster(demo: DemoCluster, request: pytest.FixtureRequest) -> OfferedCluster:
    """The demo half of a contract test. The fixture ``cluster`` creates the namespace."""

    def kubectl(*arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        command = [shutil.which("kubectl") or "kubectl", f"--kubeconfig={demo.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=True).stdout

    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    return OfferedCluster("demo", demo.kubeconfig, context_of(demo.kubeconfig), f"{words}-{secrets.token_hex(3)}", kubectl)


@pytest.fixture
async def cluster(offered: OfferedCluster) -> AsyncIterator[Cluster]:
    """A client of the offered cluster, in which the namespace of the test exists."""
    opened = await open_cluster(offered.kubeconfig)
    if offered.kind == "demo":
        await opened.create(NAMESPACES, None, body(NAMESPACES, offered.namespace))
    yield opened
    await opened.close()


@pytest.fixture
def namespace(offered: OfferedCluster) -> str:
    return offered.namespace


@pytest.fixture
async def stranger(offered: OfferedCluster, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """The same cluster for a user who may do nothing."""
    if offered.kind == "demo":
        demo: DemoCluster = request.getfixturevalue("demo")
        path = demo.kubeconfig_for(STRANGER)
    else:
        plane: ControlPlane = request.getfixturevalue("control_plane")
        path = plane.user("stranger")
    opened = await open_cluster(path)
    yield opened
    await opened.close()


@pytest.fixture
def speak(offered: OfferedCluster, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Makes the pods of the real cluster print a line; those of the demo print lines by themselves."""
    if offered.kind == "demo":
        return lambda text: None
    plane: ControlPlane = request.getfixturevalue("control_plane")
    return plane.log_line


def context_of(kubeconfig: Path) -> ClusterName:
    return next(info.name for info in KubeconfigContexts([kubeconfig]).list() if info.current)


async def open_cluster(kubeconfig: Path) -> Cluster:
    return await KubeconfigContexts([kubeconfig]).open(context_of(kubeconfig))


@pytest.fixture
def config_map(cluster: Cluster, namespace: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Creates a ConfigMap in the test's namespace and returns it."""

    async def create(name: str, data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
        made = await cluster.create(CONFIG_MAPS, namespace, body(CONFIG_MAPS, name, data=data or {}, metadata=meta))
        return dict(json.loads(made))

    return create

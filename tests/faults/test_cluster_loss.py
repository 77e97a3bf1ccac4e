"""A server that stops, hangs, or fails in one API group: the errors of the client, and its recovery without a restart."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import ConsoleError, DeadlineExceeded, Unreachable
from k8sconsole.model.refs import ApiResource
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import Options
from tests.waiting import wait_until

PODS = ApiResource("", "v1", "Pod", "pods", True)
NODES = ApiResource("", "v1", "Node", "nodes", False)
API_SERVICES = ApiResource("apiregistration.k8s.io", "v1", "APIService", "apiservices", False)
BARE = Options(controllers=False, scheduler=False, kwok=False)


async def opened(kubeconfig: Path) -> Cluster:
    contexts = KubeconfigContexts([kubeconfig])
    return await contexts.open(contexts.list()[0].name)


async def drain(cluster: Cluster, kind: ApiResource, **options: float) -> None:
    version = (await anext(cluster.pages(kind))).resource_version
    async for _ in cluster.watch(kind, resource_version=version, **options):  # type: ignore[arg-type]
        pass


@pytest.fixture
async def demo() -> AsyncIterator[tuple[DemoCluster, Cluster]]:
    async with DemoCluster() as served:
        cluster = await opened(served.kubeconfig)
        yield served, cluster
        await cluster.close()


async def test_a_stopped_server_ends_its_watches_and_is_used_again_after_its_return(demo: tuple[DemoCluster, Cluster]) -> None:
    served, cluster = demo
    watching = asyncio.create_task(drain(cluster, NODES))
    await wait_until(lambda: any("watch=" in request for request in served.requests))
    await served.refuse()
    async with asyncio.timeout(5):
        with pytest.raises(Unreachable):
            await watching
    with pytest.raises(Unreachable, match="connection refused"):
        await cluster.version()
    await served.resume()
    assert (await cluster.version()).git_version


async def test_a_hanging_server_is_detected_by_the_idle_timeout_of_its_watch(demo: tuple[DemoCluster, Cluster]) -> None:
    served, cluster = demo
    version = (await anext(cluster.pages(NODES))).resource_version
    served.pause()
    async with asyncio.timeout(10):
        with pytest.raises(DeadlineExceeded):
            async for _ in cluster.watch(NODES, resource_version=version, idle_timeout=0.5):
                pass
    await served.resume()
    assert (await cluster.version()).git_version


@pytest.mark.real
@pytest.mark.long
async def test_a_killed_api_server_is_unreachable_and_used_again_after_its_return(own_control_plane: OwnControlPlane) -> None:
    plane = await asyncio.to_thread(own_control_plane, BARE)
    cluster = await opened(plane.kubeconfig)
    watching = asyncio.create_task(drain(cluster, PODS))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(plane.stop_apiserver)
    async with asyncio.timeout(5):
        with pytest.raises(Unreachable):
            await watching
    with pytest.raises(Unreachable, match="connection refused"):
        await cluster.version()
    await asyncio.to_thread(plane.start_apiserver)
    assert (await cluster.version()).git_version
    await cluster.close()


@pytest.mark.real
@pytest.mark.long
async def test_only_the_api_group_of_a_broken_server_is_missing_from_discovery(own_control_plane: OwnControlPlane) -> None:
    plane = await asyncio.to_thread(own_control_plane, BARE)
    cluster = await opened(plane.kubeconfig)
    before = {kind.name for kind in (await cluster.discover()).resources}
    spec = {"group": "broken.example.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}
    spec |= {"service": {"namespace": "default", "name": "nobody"}, "insecureSkipTLSVerify": True}
    service = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.broken.example.com"}, "spec": spec}
    await cluster.create(API_SERVICES, None, json.dumps(service).encode())

    async def noticed() -> bool:
        return bool((await cluster.discover()).missing)

    await wait_until(noticed, ignoring=(ConsoleError,))
    found = await cluster.discover()
    assert list(found.missing) == ["broken.example.com/v1"]
    assert {kind.name for kind in found.resources} >= before
    await cluster.close()

"""A compacted resourceVersion: both clusters answer 410 to a watch and to the next page of a list."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import Gone
from tests.contract.kinds import CONFIG_MAPS, body
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import Options

NAMESPACE = "default"


@dataclass(frozen=True)
class CompactableCluster:
    """A cluster that can compact. ``compact(version)`` returns once that version is gone."""

    cluster: Cluster
    compact: Callable[[str], Awaitable[None]]


async def opened(kubeconfig: Path) -> Cluster:
    contexts = KubeconfigContexts([kubeconfig])
    return await contexts.open(contexts.list()[0].name)


async def demo() -> AsyncIterator[CompactableCluster]:
    async with DemoCluster() as served:
        cluster = await opened(served.kubeconfig)

        async def compact(version: str) -> None:
            served.compact()
            served.expire_continue_tokens()

        yield CompactableCluster(cluster, compact)
        await cluster.close()


async def real(own_control_plane: OwnControlPlane) -> AsyncIterator[CompactableCluster]:
    flags = ("--watch-cache=false", "--etcd-compaction-interval=1s")
    plane = await asyncio.to_thread(own_control_plane, Options(controllers=False, scheduler=False, kwok=False, apiserver_flags=flags))
    cluster = await opened(plane.kubeconfig)

    async def compact(version: str) -> None:
        then = {"resourceVersion": version, "resourceVersionMatch": "Exact", "limit": "1"}
        for attempt in range(300):
            await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, f"later-{version}-{attempt}"))
            try:
                await cluster.get_path(CONFIG_MAPS.path(NAMESPACE), then)
            except Gone:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"version {version} was never compacted")

    yield CompactableCluster(cluster, compact)
    await cluster.close()


@pytest.fixture(params=["demo", pytest.param("real", marks=[pytest.mark.real, pytest.mark.long])])
async def compactable(request: pytest.FixtureRequest) -> AsyncIterator[CompactableCluster]:
    source = demo() if request.param == "demo" else real(request.getfixturevalue("own_control_plane"))
    async for found in source:
        yield found


async def test_a_watch_and_a_half_read_list_from_a_compacted_version_are_answered_with_410(compactable: CompactableCluster) -> None:
    cluster = compactable.cluster
    for number in range(5):
        await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, f"made-{number}"))
    pages = cluster.pages(CONFIG_MAPS, namespace=NAMESPACE, limit=2)
    first = await anext(pages)
    assert first.continue_token
    await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, "after"))
    await compactable.compact(first.resource_version)
    with pytest.raises(Gone):
        async for _ in pages:  # one page was requested before the compaction
            pass
    with pytest.raises(Gone):
        await anext(cluster.watch(CONFIG_MAPS, namespace=NAMESPACE, resource_version=first.resource_version, timeout=10))
    again = [
        json.loads(bytes(item))["metadata"]["name"] async for page in cluster.pages(CONFIG_MAPS, namespace=NAMESPACE) for item in page.items
    ]
    assert "after" in again

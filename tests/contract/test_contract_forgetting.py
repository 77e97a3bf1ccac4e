"""A past that is gone: both clusters say 410 in both places where a client can meet it."""

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
class Forgetful:
    """forget(version) returns once that version is gone for good."""

    cluster: Cluster
    forget: Callable[[str], Awaitable[None]]


async def opened(kubeconfig: Path) -> Cluster:
    contexts = KubeconfigContexts([kubeconfig])
    return await contexts.open(contexts.list()[0].name)


async def demo() -> AsyncIterator[Forgetful]:
    async with DemoCluster() as served:
        cluster = await opened(served.kubeconfig)

        async def forget(version: str) -> None:
            served.compact()
            served.expire_continue_tokens()

        yield Forgetful(cluster, forget)
        await cluster.close()


async def real(own_control_plane: OwnControlPlane) -> AsyncIterator[Forgetful]:
    flags = ("--watch-cache=false", "--etcd-compaction-interval=1s")
    plane = await asyncio.to_thread(own_control_plane, Options(controllers=False, scheduler=False, kwok=False, apiserver_flags=flags))
    cluster = await opened(plane.kubeconfig)

    async def forget(version: str) -> None:
        then = {"resourceVersion": version, "resourceVersionMatch": "Exact", "limit": "1"}
        for attempt in range(300):
            await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, f"later-{version}-{attempt}"))
            try:
                await cluster.get_path(CONFIG_MAPS.path(NAMESPACE), then)
            except Gone:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"version {version} was never compacted")

    yield Forgetful(cluster, forget)
    await cluster.close()


@pytest.fixture(params=["demo", pytest.param("real", marks=[pytest.mark.real, pytest.mark.long])])
async def forgetful(request: pytest.FixtureRequest) -> AsyncIterator[Forgetful]:
    source = demo() if request.param == "demo" else real(request.getfixturevalue("own_control_plane"))
    async for found in source:
        yield found


async def test_a_watch_and_a_half_read_list_from_a_compacted_version_are_answered_with_410(forgetful: Forgetful) -> None:
    cluster = forgetful.cluster
    for number in range(5):
        await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, f"made-{number}"))
    pages = cluster.pages(CONFIG_MAPS, namespace=NAMESPACE, limit=2)
    first = await anext(pages)
    assert first.continue_token
    await cluster.create(CONFIG_MAPS, NAMESPACE, body(CONFIG_MAPS, "after"))
    await forgetful.forget(first.resource_version)
    with pytest.raises(Gone):
        async for _ in pages:  # one page had been asked for before the version went
            pass
    with pytest.raises(Gone):
        await anext(cluster.watch(CONFIG_MAPS, namespace=NAMESPACE, resource_version=first.resource_version, timeout=10))
    again = [
        json.loads(bytes(item))["metadata"]["name"] async for page in cluster.pages(CONFIG_MAPS, namespace=NAMESPACE) for item in page.items
    ]
    assert "after" in again

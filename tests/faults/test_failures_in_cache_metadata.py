"""A failed list or watch of a kind is recorded in the table cache_metadata, where plain SQL can read it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.port import Cluster, WatchEvent
from k8sconsole.demo.api.faults import Fault
from k8sconsole.demo.server import DemoCluster
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.refs import ApiResource
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.store.sqlite.open import open_store
from tests.faults.test_scanner_faults import BROKEN, CONFIGMAPS, GONE, PATH, Site, _error_event
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

ALWAYS = 100_000
METADATA_ROW = "SELECT scan_status, error_message, watching FROM cache_metadata WHERE table_name = 'configmaps'"

ON_WATCH = {
    "429 with Retry-After": (Fault(PATH, watch=True, times=ALWAYS, code=429, headers={"Retry-After": "1"}), "planned: 429"),
    "500": (Fault(PATH, watch=True, times=ALWAYS, code=500), "planned: 500"),
    "503": (Fault(PATH, watch=True, times=ALWAYS, code=503), "503"),
    "502 of a proxy": (Fault(PATH, watch=True, times=ALWAYS, code=502, instead=b"<html>Bad Gateway</html>"), "Bad Gateway"),
    "an ERROR event": (Fault(PATH, watch=True, times=ALWAYS, instead=_error_event(BROKEN)), "leader changed"),
    "an ERROR event that says Gone": (Fault(PATH, watch=True, times=ALWAYS, instead=_error_event(GONE)), "too old resource version"),
    "a half-open watch": (Fault(PATH, watch=True, times=ALWAYS, after=0, then="silent"), "3 s"),
}
ON_LIST = {
    "429 with Retry-After": (Fault(PATH, watch=False, times=ALWAYS, code=429, headers={"Retry-After": "1"}), "planned: 429"),
    "503": (Fault(PATH, watch=False, times=ALWAYS, code=503), "503"),
    "an expired continue token": (Fault(PATH, "continue=", watch=False, times=ALWAYS, code=410), "planned: 410"),
}


class ShortIdleTimeout:
    """A cluster whose watch of config maps counts as broken after three seconds of silence instead of ninety."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def watch(self, resource: ApiResource, **options: Any) -> AsyncIterator[WatchEvent]:
        timeout = {"idle_timeout": 3.0} if resource.name == CONFIGMAPS.name else {}
        return self._cluster.watch(resource, **timeout, **options)


class MetadataSite(Site):
    """A site whose tests read the row of config maps in cache_metadata with SQL."""

    async def begin(self, plan: ScanPlan | None = None) -> None:
        self.cluster = await self.contexts.open(self.name)
        self.coordinator = ScanCoordinator(self.store, plan=plan or ScanPlan(page=5), clock=SystemClock(), publish=self.facts.append)
        self.coordinator.start(ShortIdleTimeout(self.cluster))
        await wait_until(self.watches)

    async def row(self) -> tuple[str, str, int]:
        (found,) = (await self.store.query(METADATA_ROW)).rows
        return found

    async def is_failed_with(self, words: str) -> bool:
        status, error, watching = await self.row()
        return status == "failed" and not watching and words in error

    async def has_recovered(self) -> bool:
        return await self.row() == ("completed", "", 1)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[MetadataSite]:
    async with DemoCluster("calm-shop", still=True) as demo:
        store = await open_store(tmp_path / "cache.db")
        made = MetadataSite(demo, store)
        yield made
        await store.close()


@pytest.mark.parametrize("name", ON_WATCH)
async def test_a_failing_watch_is_recorded_as_long_as_it_fails(site: MetadataSite, name: str) -> None:
    fault, words = ON_WATCH[name]
    await site.begin()
    site.demo.plan_faults(fault)
    site.demo.end_watches()
    await wait_until(lambda: site.is_failed_with(words))
    fault.times = 0
    await wait_until(site.has_recovered, within=40.0)
    await site.end()


@pytest.mark.parametrize("name", ON_LIST)
async def test_a_failing_list_is_recorded_as_long_as_it_fails(site: MetadataSite, name: str) -> None:
    fault, words = ON_LIST[name]
    await site.begin()
    for number in range(12):
        await site.create(f"many-{number}")
    site.demo.plan_faults(fault, Fault(PATH, watch=True, code=410))
    site.demo.end_watches()
    await wait_until(lambda: site.is_failed_with(words))
    fault.times = 0
    await wait_until(site.has_recovered, within=40.0)
    assert await site.has("many-11")
    await site.end()

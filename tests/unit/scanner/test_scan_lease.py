"""Several processes on one file: exactly one scans a cluster, the others see its rows, and one is always ready to take over."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.model.events import ClusterState, ConnectionState, RowsChanged
from k8sconsole.scanner.sharing.lease import ScanLease
from k8sconsole.store.port import Store
from k8sconsole.store.sqlite.open import open_store
from tests.unit.scanner.memory_cluster import PODS, MemoryCluster
from tests.unit.scanner.test_cluster_scanner import Scan, shop
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[Store]]:
    """Two stores on one file, as two processes have them."""
    opened = [await open_store(tmp_path / "cache.db") for _ in range(2)]
    yield opened
    for store in opened:
        await store.close()


async def _watched(cluster: MemoryCluster) -> bool:
    return any(resource == "pods" for resource, _, _ in cluster.watches)


async def test_the_second_process_follows_and_takes_over_when_the_first_ends(stores: list[Store]) -> None:
    first, second = (Scan(store) for store in stores)
    cluster, same_cluster = await shop(), await shop()
    first.coordinator.start(cluster)
    await wait_until(lambda: _watched(cluster))
    second.coordinator.start(same_cluster)
    await wait_until(lambda: _is_live(second))
    await cluster.put(PODS, "new", "a")
    await wait_until(lambda: _has_published_rows(second))
    assert "new" in await second.names(PODS)
    assert not same_cluster.lists
    await first.coordinator.close()
    await wait_until(lambda: _watched(same_cluster))
    await second.coordinator.close()


async def _is_live(scan: Scan) -> bool:
    return any(isinstance(fact, ClusterState) and fact.connection is ConnectionState.LIVE for fact in scan.facts)


async def _has_published_rows(scan: Scan) -> bool:
    return any(isinstance(fact, RowsChanged) and fact.resource == "pods" for fact in scan.facts)


async def test_one_scan_requests_a_rescan_from_the_scanning_process_and_reports_its_result(stores: list[Store]) -> None:
    first, second = (Scan(store) for store in stores)
    cluster, same_cluster = await shop(), await shop()
    first.coordinator.start(cluster)
    await wait_until(lambda: _watched(cluster))
    lists = len(cluster.lists)
    reports = {report.resource: report for report in await second.coordinator.scan_once(same_cluster)}
    assert reports["pods"].objects == 8
    assert not same_cluster.lists
    assert len(cluster.lists) > lists
    await first.coordinator.close()
    await second.coordinator.close()


async def test_a_follower_refreshes_through_the_process_that_scans(stores: list[Store]) -> None:
    first, second = (Scan(store) for store in stores)
    cluster, same_cluster = await shop(), await shop()
    first.coordinator.start(cluster)
    await wait_until(lambda: _watched(cluster))
    second.coordinator.start(same_cluster)
    await wait_until(lambda: _is_live(second))
    lists = cluster.lists.count(("pods", None))
    (report,) = await second.coordinator.refresh(cluster.name, PODS.name)
    assert (report.resource, report.objects) == ("pods", 8)
    assert cluster.lists.count(("pods", None)) == lists + 1
    assert not same_cluster.lists
    await first.coordinator.close()
    await second.coordinator.close()


async def test_a_process_that_loses_the_lease_stops_scanning(stores: list[Store]) -> None:
    lease = ScanLease(stores[0], MemoryCluster().name, "one")
    begun, ended = asyncio.Event(), asyncio.Event()

    async def scan() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    serving = asyncio.create_task(lease.serve(scan, asyncio.Event().wait))
    await begun.wait()
    await stores[1].sharing.release_lease(lease.name, "one")
    await stores[1].sharing.take_lease(lease.name, "two", 60.0)
    async with asyncio.timeout(20.0):
        await ended.wait()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert await stores[1].sharing.take_lease(lease.name, "three", 60.0) == "two"


async def test_the_lease_of_a_holder_that_died_is_free_when_its_time_is_over(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "cache.db")
    assert await store.sharing.take_lease("scan:x", "dead", 0.05) == "dead"
    await asyncio.sleep(0.1)
    assert await ScanLease(store, MemoryCluster("x").name, "alive").acquire()
    await store.close()


async def test_a_scan_can_be_ended_when_the_cache_can_no_longer_be_written(stores: list[Store]) -> None:
    scan = Scan(stores[0])
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watched(cluster))
    await stores[0].close()
    async with asyncio.timeout(10):
        await scan.coordinator.close()


async def test_one_scan_does_not_wait_for_a_holder_that_died(stores: list[Store]) -> None:
    cluster = await shop()
    assert await stores[1].sharing.take_lease(f"scan:{cluster.name}", "dead", 1.5) == "dead"
    scan = Scan(stores[0])
    async with asyncio.timeout(10):
        reports = await scan.coordinator.scan_once(cluster)
    assert {report.resource: report.objects for report in reports}["pods"] == 8

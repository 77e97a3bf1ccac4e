"""Refreshing one object or one namespace: on the demo cluster over HTTP, with and without a running scanner."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster, PatchType
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import NotFound
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import Fact, RowsChanged
from k8sconsole.model.history import Change
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import ApiResource, Namespace, ObjectRef
from k8sconsole.model.resources import BUILTIN
from k8sconsole.scanner.context import KindReport
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget
from k8sconsole.store.port import RowQuery, Store
from k8sconsole.store.sqlite.open import open_store
from tests.contract.store_objects import PODS, batch, pod
from tests.unit.scanner.memory_cluster import MemoryCluster
from tests.unit.scanner.test_cluster_scanner import shop
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

CONFIGMAPS = next(resource for resource in BUILTIN if resource.name == "configmaps")
WIDGETS = ApiResource("example.com", "v1", "Widget", "widgets", True, verbs=("get", "list", "watch"))


class Site:
    """A demo cluster, a cache, and a coordinator that refreshes parts of the cache."""

    def __init__(self, cluster: Cluster, store: Store) -> None:
        self.cluster, self.store, self.facts = cluster, store, list[Fact]()
        self.coordinator = ScanCoordinator(store, plan=ScanPlan(), clock=SystemClock(), publish=self.facts.append)

    async def read(self, name: str = "", namespace: str = "default") -> KindReport:
        (report,) = await self.coordinator.refresh_targets(self.cluster, "", [RefreshTarget(CONFIGMAPS, namespace, name)])
        return report

    async def create(self, name: str, namespace: str = "default") -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}}
        await self.cluster.create(CONFIGMAPS, namespace, json.dumps(body).encode())

    async def change(self, name: str, value: str = "other") -> None:
        await self.cluster.patch(CONFIGMAPS, "default", name, json.dumps({"data": {"k": value}}).encode(), PatchType.MERGE)

    async def cached_data(self, name: str) -> dict[str, Any] | None:
        body = await self.store.objects.body(self.ref(name))
        return None if body is None else json.loads(body)

    async def recorded_changes(self, name: str) -> list[Change]:
        return [version.change for version, _ in (await self.store.history.versions(self.ref(name))).versions]

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef(self.cluster.name, CONFIGMAPS.name, Namespace("default"), name)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with DemoCluster("calm-shop", still=True) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        store = await open_store(tmp_path / "cache.db")
        made = Site(cluster, store)
        yield made
        await made.coordinator.close()
        await store.close()
        await cluster.close()


async def test_a_refreshed_object_is_stored_with_history_like_one_from_a_watch(site: Site) -> None:
    await site.coordinator.scan_once(site.cluster, kinds=frozenset([CONFIGMAPS.name]))
    await site.create("one")
    await site.create("other")
    report = await site.read("one")
    assert (report.objects, report.added, report.changed, report.deleted) == (1, 1, 0, 0)
    await site.change("one")
    assert (await site.read("one")).changed == 1
    kept = await site.cached_data("one")
    assert kept is not None
    assert kept["data"] == {"k": "other"}
    await site.cluster.delete(CONFIGMAPS, "default", "one")
    assert (await site.read("one")).deleted == 1
    assert await site.cached_data("one") is None
    assert [change.value for change in await site.recorded_changes("one")] == ["added", "modified", "deleted"]
    assert await site.cached_data("other") is None, "nothing but what was asked for is read"
    assert len([fact for fact in site.facts if isinstance(fact, RowsChanged)]) >= 3


async def test_an_unchanged_object_is_reported_and_not_written(site: Site) -> None:
    await site.create("one")
    await site.read("one")
    before = await site.store.objects.revision()
    report = await site.read("one")
    assert (report.objects, report.added, report.changed, report.deleted) == (1, 0, 0, 0)
    assert await site.store.objects.revision() == before


async def test_an_object_in_neither_the_cluster_nor_the_cache_is_not_found(site: Site) -> None:
    with pytest.raises(NotFound):
        await site.read("missing")


async def test_a_refresh_of_a_namespace_stores_all_its_changes_and_no_others(site: Site) -> None:
    for name in ("stays", "changes", "goes"):
        await site.create(name)
    await site.coordinator.scan_once(site.cluster, kinds=frozenset([CONFIGMAPS.name]))
    await site.change("changes")
    await site.create("comes")
    await site.create("elsewhere", "kube-system")
    await site.cluster.delete(CONFIGMAPS, "default", "goes")
    report = await site.read()
    assert (report.added, report.changed, report.deleted) == (1, 1, 1)
    found = await site.store.objects.rows(RowQuery(CONFIGMAPS.name, namespaces=(Namespace("default"),)))
    assert {"stays", "changes", "comes"} <= {row.name for row in found.rows}
    assert not (await site.store.objects.rows(RowQuery(CONFIGMAPS.name, name="elsewhere"))).rows


async def test_an_object_can_be_refreshed_while_another_process_scans_the_cluster(site: Site, tmp_path: Path) -> None:
    theirs = await open_store(tmp_path / "cache.db")
    holder = ScanCoordinator(theirs, plan=ScanPlan(), clock=SystemClock(), publish=lambda fact: None)
    holder.start(site.cluster)
    await wait_until(lambda: _watched(theirs, CONFIGMAPS))
    await site.create("one")
    report = await site.read("one")
    assert report.objects == 1
    assert await site.cached_data("one") is not None
    await site.change("one")
    await site.read("one")
    await site.cluster.delete(CONFIGMAPS, "default", "one")
    with contextlib.suppress(NotFound):  # the holder's watch may have written the deletion first
        await site.read("one")
    assert await site.cached_data("one") is None
    assert [change.value for change in await site.recorded_changes("one")] == ["added", "modified", "deleted"], (
        "each once, whether the watch or the refresh wrote it"
    )
    await holder.close()
    await theirs.close()


async def test_a_refresh_of_a_watched_object_loses_none_of_its_versions(site: Site) -> None:
    site.coordinator.start(site.cluster)
    await wait_until(lambda: _watched(site.store, CONFIGMAPS))
    await site.create("one")
    for value in ("second", "third"):
        await site.change("one", value)
    await site.read("one")
    assert [change.value for change in await site.recorded_changes("one")] == ["added", "modified", "modified"]


async def test_a_refresh_keeps_the_count_of_a_watched_kind_correct(store: Store) -> None:
    cluster = await shop()
    coordinator = ScanCoordinator(store, plan=ScanPlan(), clock=SystemClock(), publish=lambda fact: None)
    coordinator.start(cluster)
    pods = cluster.resources[0]
    await wait_until(lambda: _watched(store, pods))
    await cluster.put(pods, "silent", "a", watched=False)
    await coordinator.refresh_targets(cluster, "", [RefreshTarget(pods, "a", "silent")])
    (state,) = [state for state in await store.metadata.scan_states() if state.resource == pods.name]
    assert state.record_count == (await store.objects.rows(RowQuery(pods.name))).total == 9
    await coordinator.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db")
    yield opened
    await opened.close()


async def test_an_object_is_not_deleted_while_its_kind_is_not_served_for_a_moment(store: Store) -> None:
    cluster = MemoryCluster(resources=(WIDGETS,))
    await cluster.put(WIDGETS, "w", "a")
    coordinator = ScanCoordinator(store, plan=ScanPlan(), clock=SystemClock(), publish=lambda fact: None)
    await coordinator.scan_once(cluster)
    cluster.refusals["widgets.example.com", "a"] = NotFound("cannot get widgets", "404 page not found")
    with pytest.raises(NotFound):
        await coordinator.refresh_targets(cluster, "", [RefreshTarget(WIDGETS, "a", "w")])
    assert (await store.objects.rows(RowQuery(WIDGETS.name))).total == 1
    await coordinator.close()


async def test_a_write_during_a_partial_refresh_is_not_overwritten(store: Store) -> None:
    await store.objects.write(batch(pod("kept", "x", "1"), pod("removed", "x", "1")))
    since = await store.objects.revision()
    await store.objects.write(batch(pod("kept", "x", "3"), gone=(DeletedObject(Namespace("x"), "removed"),)))
    late = batch(pod("kept", "x", "2"), pod("removed", "x", "1"), pod("new", "x", "1"), since=since)
    result = await store.objects.write(late)
    rows = (await store.objects.rows(RowQuery(PODS))).rows
    assert {row.name: row.resource_version for row in rows} == {"kept": "3", "new": "1"}
    assert (result.added, result.changed) == (1, 0)
    gone = batch(gone=(DeletedObject(Namespace("x"), "kept"),), since=since)
    assert (await store.objects.write(gone)).deleted == 0


async def _watched(store: Store, resource: ApiResource) -> bool:
    return any(state.watching for state in await store.metadata.scan_states() if state.resource == resource.name)

"""The scanner keeps the store in sync with the cluster, through failures of either."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, cast

import pytest

from k8sconsole.errors import Forbidden, Unavailable
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged, ScanCompleted
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.scanner.connectivity import health
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.store.port import RowQuery, ScanStatus, Store, WriteBatch, WriteResult
from k8sconsole.store.sqlite.open import open_store
from tests.unit.scanner.memory_cluster import DEFINITIONS, NAMESPACES, NODES, PODS, SECRETS, USAGE, MemoryCluster
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

PLAN = ScanPlan(page=3, batch=2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db")
    yield opened
    await opened.close()


class SetClock(SystemClock):
    """The system clock, set wrong by ``off`` seconds."""

    off = 0.0

    def now(self) -> float:
        return super().now() + self.off


class Held:
    """A store whose writes wait for ``may_write``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.objects = HeldObjects(store, self.may_write)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class HeldObjects:
    def __init__(self, store: Store, may_write: asyncio.Event) -> None:
        self._objects = store.objects
        self._may_write = may_write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def write(self, batch: WriteBatch) -> WriteResult:
        await self._may_write.wait()
        return await self._objects.write(batch)


class Scan:
    """A coordinator and the facts that it published."""

    def __init__(self, store: Store, plan: ScanPlan = PLAN, clock: SystemClock | None = None) -> None:
        self.facts: list[Fact] = []
        self.store = store
        self.coordinator = ScanCoordinator(store, plan=plan, clock=clock or SystemClock(), publish=self.facts.append)

    async def names(self, resource: ApiResource, cluster: str = "memory") -> list[str]:
        found = await self.store.objects.rows(RowQuery(resource.name, clusters=(ClusterName(cluster),)))
        return [row.name for row in found.rows]

    def connection(self) -> ConnectionState | None:
        states = [fact for fact in self.facts if isinstance(fact, ClusterState)]
        return states[-1].connection if states else None

    def state(self) -> ClusterState:
        return next(fact for fact in reversed(self.facts) if isinstance(fact, ClusterState))


@pytest.fixture
async def scan(store: Store) -> AsyncIterator[Scan]:
    made = Scan(store)
    yield made
    await made.coordinator.close()


async def shop() -> MemoryCluster:
    cluster = MemoryCluster()
    for name in ("a", "b"):
        await cluster.put(NAMESPACES, name, status={"phase": "Active"})
        for number in range(4):
            await cluster.put(PODS, f"web-{number}", name, spec={"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]})
    await cluster.put(NODES, "n1", status={"capacity": {"cpu": "4"}})
    return cluster


async def test_one_scan_reads_every_kind_and_counts_what_it_did(scan: Scan) -> None:
    cluster = await shop()
    reports = {report.resource: report for report in await scan.coordinator.scan_once(cluster)}
    assert {name: report.objects for name, report in reports.items()} == {
        "pods": 8,
        "nodes": 1,
        "namespaces": 2,
        "customresourcedefinitions.apiextensions.k8s.io": 0,
    }
    assert (reports["pods"].added, reports["pods"].changed, reports["pods"].deleted) == (8, 0, 0)
    await cluster.put(PODS, "web-0", "a", status={"phase": "Running"})
    await cluster.remove(PODS, "web-1", "a")
    again = {report.resource: report for report in await scan.coordinator.scan_once(cluster)}
    assert (again["pods"].added, again["pods"].changed, again["pods"].deleted, again["pods"].objects) == (0, 1, 1, 7)


async def test_a_kind_that_fails_is_named_and_the_others_are_read(scan: Scan) -> None:
    cluster = await shop()
    cluster.refusals["nodes", None] = Forbidden("nodes is forbidden", "no list for you")
    reports = {report.resource: report for report in await scan.coordinator.scan_once(cluster)}
    assert "no list for you" in reports["nodes"].missing[0]
    assert reports["nodes"].error == "", "what is not permitted is missing, and no failure"
    assert reports["pods"].objects == 8
    states = {state.resource: state for state in await scan.store.metadata.scan_states()}
    assert states["nodes"].status is ScanStatus.FAILED
    assert states["nodes"].missing
    assert states["pods"].status is ScanStatus.COMPLETED


async def test_one_scan_waits_for_a_slow_login_and_a_lasting_scan_publishes_what_it_waits_for(
    scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_PROBE_TIMEOUT", 0.1)
    cluster, other = await shop(), await shop()
    cluster.login_seconds = other.login_seconds = 0.5
    assert {report.resource: report.objects for report in await scan.coordinator.scan_once(cluster)}["pods"] == 8
    other.name = ClusterName("slow")
    other.login_seconds += 0.5
    scan.coordinator.start(other)
    await wait_until(lambda: _has_connection(scan, ConnectionState.LOST))
    assert "still waiting for the exec plugin login" in scan.state().detail
    await wait_until(lambda: _has_connection(scan, ConnectionState.LIVE))


async def test_a_cluster_that_does_not_answer_leaves_the_others_untouched(scan: Scan) -> None:
    dead = MemoryCluster("dead")
    await dead.go_down()
    error, reports = await asyncio.gather(
        scan.coordinator.scan_once(dead), scan.coordinator.scan_once(await shop()), return_exceptions=True
    )
    assert isinstance(error, Unavailable)
    assert not isinstance(reports, BaseException)
    assert sum(report.objects for report in reports) == 11


@pytest.mark.parametrize("looked_at", [PODS, NAMESPACES, NODES])
async def test_the_kind_focused_before_the_scan_is_listed_first(store: Store, looked_at: ApiResource) -> None:
    scan = Scan(store, ScanPlan(page=3, batch=2, concurrency=1))
    scan.coordinator.focus(ClusterName("memory"), looked_at.name)
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, PODS, 8))
    await wait_until(lambda: _holds(scan, NODES, 1))
    await wait_until(lambda: _holds(scan, NAMESPACES, 2))
    await scan.coordinator.close()
    read = [resource for resource, _ in cluster.lists if resource != DEFINITIONS.name]
    assert looked_at.name in read[:2], "the first list was begun before there was anything to choose from"


async def test_changes_after_the_list_arrive_through_the_watch(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, PODS, 8))
    await cluster.put(PODS, "new", "a")
    await cluster.remove(PODS, "web-3", "b")
    await wait_until(lambda: _is(scan.names(PODS), ["new", "web-0", "web-1", "web-2", "web-3", "web-0", "web-1", "web-2"]))
    assert scan.connection() is ConnectionState.LIVE
    assert any(isinstance(fact, RowsChanged) and fact.resource == "pods" for fact in scan.facts)
    assert [resource for resource, _ in cluster.lists].count("pods") == 1


async def test_a_lost_cluster_is_published_stays_readable_and_resumes_where_it_was(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, PODS, 8))
    await wait_until(lambda: _watching(scan, PODS))
    await cluster.go_down()
    await wait_until(lambda: _has_connection(scan, ConnectionState.LOST))
    state = scan.state()
    assert "connection refused" in state.detail
    assert state.retry_at is not None
    assert len(await scan.names(PODS)) == 8
    await cluster.come_back()
    await cluster.put(PODS, "new", "a")
    await wait_until(lambda: _holds(scan, PODS, 9))
    assert scan.connection() is ConnectionState.LIVE
    assert [resource for resource, _ in cluster.lists].count("pods") == 1


async def test_an_expired_resource_version_leads_to_a_new_list(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    await cluster.go_down()
    await wait_until(lambda: _has_connection(scan, ConnectionState.LOST))
    await cluster.remove(PODS, "web-0", "a")
    await cluster.put(PODS, "while-away", "b")
    cluster.compact()
    await cluster.come_back()
    await wait_until(lambda: _is(scan.names(PODS), ["web-1", "web-2", "web-3", "web-0", "web-1", "web-2", "web-3", "while-away"]))
    assert [resource for resource, _ in cluster.lists].count("pods") == 2


async def test_a_watch_ended_during_a_flood_resumes_at_once_after_the_last_event_received_before_the_writes(
    store: Store,
) -> None:
    cluster, held = await shop(), Held(store)
    cluster.patience = 60
    scan = Scan(cast("Store", held))
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    held.may_write.clear()
    first = len(cluster.watches)
    await _number(cluster, 300)
    await wait_until(lambda: _begun(cluster, first + 4))
    held.may_write.set()
    await wait_until(lambda: _labelled(scan, "299"))
    begun = [int(version) for name, _, version in cluster.watches[first:] if name == "pods"]
    assert [later - earlier for earlier, later in itertools.pairwise(begun)][:3] == [60, 60, 60], "no event is delivered twice or left out"
    await scan.coordinator.close()


async def test_events_delivered_late_by_such_a_watch_are_recorded_as_a_gap(store: Store) -> None:
    cluster, clock = await shop(), SetClock()
    cluster.patience = 60
    scan = Scan(store, clock=clock)
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    cluster.opens.clear()
    first = len(cluster.watches)
    await _number(cluster, 61)
    await wait_until(lambda: _begun(cluster, first + 1))
    clock.off = 30
    cluster.opens.set()
    await wait_until(lambda: _labelled(scan, "60"))
    await wait_until(lambda: _gap_of(scan, 29, 31))
    await scan.coordinator.close()


async def test_where_the_whole_cluster_is_forbidden_each_allowed_namespace_is_read_and_watched(scan: Scan) -> None:
    cluster = await shop()
    cluster.refusals["pods", None] = Forbidden("pods is forbidden", "not cluster-wide")
    cluster.refusals["pods", "b"] = Forbidden("pods is forbidden", "not in b")
    await scan.coordinator.scan_once(cluster)
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    await cluster.put(PODS, "late", "a")
    await wait_until(lambda: _is(scan.names(PODS), ["late", "web-0", "web-1", "web-2", "web-3"]))
    await wait_until(lambda: _has_connection(scan, ConnectionState.PARTIAL))
    assert any("not in b" in reason for reason in scan.state().missing)
    assert {scope for resource, scope, _ in cluster.watches if resource == "pods"} == {"a"}


async def test_only_the_selected_namespaces_are_listed(store: Store) -> None:
    scan = Scan(store, ScanPlan(namespaces=("b",)))
    cluster = await shop()
    await scan.coordinator.scan_once(cluster)
    assert ("pods", "b") in cluster.lists
    assert ("pods", None) not in cluster.lists
    assert len(await scan.names(PODS)) == 4
    await scan.coordinator.close()


async def test_a_kind_that_cannot_be_watched_is_listed_at_its_interval(store: Store) -> None:
    scan = Scan(store, ScanPlan(metrics_interval=0.1))
    cluster = MemoryCluster(resources=(USAGE,))
    await cluster.put(USAGE, "web-0", "a", containers=[{"usage": {"cpu": "5m"}}])
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, USAGE, 1))
    await cluster.put(USAGE, "web-1", "a", containers=[{"usage": {"cpu": "5m"}}])
    await wait_until(lambda: _holds(scan, USAGE, 2))
    assert not cluster.watches
    await scan.coordinator.close()


async def test_a_kind_that_is_only_listed_is_listed_on_after_the_clock_was_set_back(store: Store) -> None:
    clock = SetClock()
    cluster = MemoryCluster(resources=(USAGE,))
    await cluster.put(USAGE, "web-0", "a")
    scan = Scan(store, ScanPlan(metrics_interval=0.1), clock)
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, USAGE, 1))
    clock.off -= 3600.0
    await cluster.put(USAGE, "web-1", "a")
    await wait_until(lambda: _holds(scan, USAGE, 2))
    await scan.coordinator.close()


async def test_without_watches_every_kind_is_listed_at_its_interval(store: Store) -> None:
    scan = Scan(store, ScanPlan(dynamic_interval=0.1, static_interval=0.1, watch=False))
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _holds(scan, PODS, 8))
    await cluster.put(PODS, "new", "a")
    await wait_until(lambda: _holds(scan, PODS, 9))
    assert not cluster.watches
    await scan.coordinator.close()


async def test_a_custom_resource_definition_adds_and_removes_its_kind_and_columns(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, DEFINITIONS))
    widgets = ApiResource("example.com", "v1", "Widget", "widgets", True, verbs=("get", "list", "watch"))
    cluster.resources.append(widgets)
    await cluster.put(widgets, "w", "a", spec={"size": "large"})
    columns = [{"name": "Size", "type": "string", "jsonPath": ".spec.size"}]
    version = {"name": "v1", "served": True, "storage": True, "additionalPrinterColumns": columns}
    names = {"plural": "widgets", "kind": "Widget"}
    await cluster.put(DEFINITIONS, "widgets.example.com", spec={"group": "example.com", "names": names, "versions": [version]})
    await wait_until(lambda: _holds(scan, widgets, 1))
    table = await scan.store.metadata.table(cluster.name, widgets.name)
    (row,) = (await scan.store.objects.rows(RowQuery(widgets.name))).rows
    assert row.cells[table.index("SIZE") or 0] == "large"
    version["additionalPrinterColumns"] = [{"name": "Measure", "type": "string", "jsonPath": ".spec.size"}]
    await cluster.put(DEFINITIONS, "widgets.example.com", spec={"group": "example.com", "names": names, "versions": [version]})
    await wait_until(lambda: _shows(scan, widgets, "MEASURE", "large"))
    cluster.resources.remove(widgets)
    await cluster.remove(DEFINITIONS, "widgets.example.com")
    await wait_until(lambda: _holds(scan, widgets, 0))


async def test_a_kind_that_is_not_served_for_a_moment_keeps_its_rows(scan: Scan) -> None:
    cluster = await shop()
    widgets = ApiResource("example.com", "v1", "Widget", "widgets", True, verbs=("get", "list", "watch"))
    cluster.resources.append(widgets)
    await cluster.put(widgets, "w", "a")
    await scan.coordinator.scan_once(cluster)
    cluster.resources.remove(widgets)
    again = asyncio.create_task(scan.coordinator.scan_once(cluster))
    await asyncio.sleep(1.0)
    assert await scan.names(widgets) == ["w"]
    cluster.resources.append(widgets)
    await again
    assert await scan.names(widgets) == ["w"]


async def test_no_value_of_a_secret_reaches_the_file(scan: Scan, tmp_path: Path) -> None:
    cluster = MemoryCluster(resources=(SECRETS,))
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"password":"hunter2-in-plain"}}'}
    await cluster.put(SECRETS, "db", "a", data={"password": "aHVudGVyMi1pbi1wbGFpbg=="}, metadata={"annotations": applied})
    await scan.coordinator.scan_once(cluster)
    (row,) = (await scan.store.objects.rows(RowQuery(SECRETS.name))).rows
    body = await scan.store.objects.body(row.ref)
    assert body is not None
    on_disk = _bytes_in(tmp_path)
    for secret in (b"hunter2-in-plain", b"aHVudGVyMi1pbi1wbGFpbg"):
        assert secret not in body
        assert secret not in on_disk


def _bytes_in(folder: Path) -> bytes:
    return b"".join(part.read_bytes() for part in folder.iterdir())


async def test_a_refresh_lists_again_while_the_watch_works(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    (report,) = await scan.coordinator.refresh(cluster.name, PODS.name)
    assert (report.objects, report.error) == (8, "")
    assert [resource for resource, _ in cluster.lists].count("pods") == 2


async def test_when_a_scan_ends_no_kind_is_recorded_as_watched(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)
    await wait_until(lambda: _watching(scan, PODS))
    await scan.coordinator.stop(cluster.name)
    assert not any(state.watching for state in await scan.store.metadata.scan_states())
    assert await scan.store.sharing.take_lease("scan:memory", "another process", 5.0) == "another process"


async def test_every_finished_list_is_published(scan: Scan) -> None:
    await scan.coordinator.scan_once(await shop())
    objects = {fact.resource: fact.objects for fact in scan.facts if isinstance(fact, ScanCompleted)}
    assert objects[ResourceName("pods")] == 8


async def _shows(scan: Scan, resource: ApiResource, column: str, cell: str) -> bool:
    place = (await scan.store.metadata.table(ClusterName("memory"), resource.name)).index(column)
    rows = (await scan.store.objects.rows(RowQuery(resource.name))).rows
    return place is not None and [row.cells[place] for row in rows] == [cell]


async def _number(cluster: MemoryCluster, changes: int) -> None:
    """Changes one pod so often, each time with another label."""
    for number in range(changes):
        await cluster.put(PODS, "web-0", "a", metadata={"labels": {"number": str(number)}})


async def _begun(cluster: MemoryCluster, watches: int) -> bool:
    return len(cluster.watches) >= watches


async def _gap_of(scan: Scan, least: float, most: float) -> bool:
    """In the history of pods, of so many seconds."""
    gaps = await scan.store.history.gaps(0, float("inf"), resource=PODS.name)
    return any(least <= (gap.ended or 0) - gap.began <= most and "read later" in gap.reason for gap in gaps)


async def _labelled(scan: Scan, number: str) -> bool:
    return any(row.labels.get("number") == number for row in (await scan.store.objects.rows(RowQuery(PODS.name))).rows)


async def _holds(scan: Scan, resource: ApiResource, count: int) -> bool:
    return len(await scan.names(resource)) == count


async def _is(found: Awaitable[list[str]], wanted: list[str]) -> bool:
    return await found == wanted


async def _has_connection(scan: Scan, state: ConnectionState) -> bool:
    return scan.connection() is state


async def _watching(scan: Scan, resource: ApiResource) -> bool:
    return any(state.watching for state in await scan.store.metadata.scan_states() if state.resource == resource.name)

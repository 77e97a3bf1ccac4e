"""Expiry: which rows a cleaning round deletes, and which it must not."""

import pytest

from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import ApiResource, Namespace
from k8sconsole.store.port import AuditEntry, RowQuery, ScanState, ScanStatus
from k8sconsole.store.sqlite.store import SqliteStore
from tests.contract.store_objects import HERE, PODS, batch, pod

DAY = 86400.0
NODES_ONLY = [ApiResource("", "v1", "Node", "nodes", False)]


async def count(store: SqliteStore, table: str) -> int:
    return int((await store.query(f"SELECT count(*) FROM {table}")).rows[0][0])


async def test_a_confirmed_scan_keeps_rows_of_an_unserved_kind_from_expiring(store: SqliteStore, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web")))
    await store.metadata.record_resources(HERE, NODES_ONLY)
    clock.advance(400.0)
    await store.metadata.record_scan(ScanState(HERE, PODS, ScanStatus.COMPLETED, confirmed_at=clock.now()))
    clock.advance(299.0)
    assert await store.clean(clock.now()) == 0
    clock.advance(2.0)
    assert await store.clean(clock.now()) == 1


async def test_without_discovery_no_kind_counts_as_unserved(store: SqliteStore, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web")))
    clock.advance(DAY)
    assert await store.clean(clock.now()) == 0
    await store.metadata.record_resources(HERE, NODES_ONLY)
    assert await store.clean(clock.now()) == 1


async def test_rows_that_no_scan_confirmed_for_thirty_days_are_deleted_and_reported_to_followers(
    store: SqliteStore, clock: FixedClock
) -> None:
    since = (await store.objects.write(batch(pod("web")))).revision
    clock.advance(30 * DAY - 1.0)
    assert await store.clean(clock.now()) == 0
    clock.advance(2.0)
    assert await store.clean(clock.now()) == 1
    difference = await store.objects.rows(RowQuery(PODS, after_revision=since))
    assert ([ref.name for ref in difference.gone], difference.whole) == (["web"], False)


async def test_audit_rows_stay_for_ninety_days_and_figures_for_seven(store: SqliteStore, clock: FixedClock) -> None:
    await store.audit.record_calls([AuditEntry(clock.now(), "r", "me", "cli", "k8s_list_pods", {}, "completed", "ok", 1.0)])
    await store.audit.record_figures([(clock.now(), "hit", 1.0)])
    clock.advance(7 * DAY)
    assert await store.clean(clock.now()) == 0
    clock.advance(1.0)
    assert await store.clean(clock.now()) == 1
    assert (await count(store, "audit"), await count(store, "figures")) == (1, 0)
    clock.advance(83 * DAY)
    assert await store.clean(clock.now()) == 1
    assert await store.audit.entries() == []
    assert (await store.audit.tool_usage())[0].usage_count == 1


@pytest.mark.parametrize(("age", "reported"), [(3599.0, True), (3601.0, False)])
async def test_a_deletion_is_reported_by_revision_for_one_hour(store: SqliteStore, clock: FixedClock, age: float, reported: bool) -> None:
    since = (await store.objects.write(batch(pod("web"), pod("db")))).revision
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"),), at=clock.now()))
    clock.advance(age)
    await store.clean(clock.now())
    found = await store.objects.rows(RowQuery(PODS, after_revision=since))
    assert (not found.whole, bool(found.gone)) == (reported, reported)


async def test_a_cleaned_cache_is_still_followed_from_revisions_after_the_cleaning(store: SqliteStore, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    since = (await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"),), at=clock.now()))).revision
    clock.advance(7200.0)
    await store.clean(clock.now())
    await store.objects.write(batch(pod("new")))
    found = await store.objects.rows(RowQuery(PODS, after_revision=since))
    assert ([row.name for row in found.rows], found.whole) == (["new"], False)

"""Gaps: the times in which a kind was not observed, and how they are reported."""

from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.history import ChangeQuery, Gap
from k8sconsole.model.refs import Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import RowQuery, ScanState, ScanStatus, Store
from k8sconsole.store.sqlite.history.gaps import merge_spans
from tests.contract.store_objects import HERE, PODS, THERE, batch, pod


async def scan(store: Store, *objects: object) -> None:
    number = await store.objects.begin_scan(HERE, PODS)
    await store.objects.write(batch(*objects, scan_id=number))  # type: ignore[arg-type]
    await store.objects.finish_scan(HERE, PODS, number)


async def record(store: Store, confirmed_at: float, *, watching: bool, error: str = "") -> None:
    await store.metadata.record_scan(ScanState(HERE, PODS, ScanStatus.COMPLETED, confirmed_at=confirmed_at, watching=watching, error=error))


async def spans(store: Store, since: float = 0.0, until: float = 1e9) -> list[tuple[float, float | None, str]]:
    return [(gap.began, gap.ended, gap.reason) for gap in await store.history.gaps(since, until, cluster=HERE, resource=PODS)]


async def test_the_time_before_the_first_scan_is_a_gap(store: Store) -> None:
    await scan(store)
    assert (0.0, 1000.0, "before the first scan") in await spans(store)


async def test_a_kind_that_was_never_read_is_one_open_gap_with_the_error_as_its_reason(store: Store) -> None:
    await store.metadata.record_scan(ScanState(HERE, PODS, ScanStatus.FAILED, error="connection refused"))
    assert await spans(store) == [(0.0, None, "connection refused")]


async def test_a_kind_that_is_watched_has_no_open_gap(store: Store) -> None:
    await scan(store)
    await record(store, 1000.0, watching=True)
    assert await spans(store, since=1001.0) == []


async def test_a_kind_that_is_not_watched_has_an_open_gap_since_its_last_confirmation(store: Store) -> None:
    await scan(store)
    await record(store, 1500.0, watching=False)
    assert await spans(store, since=1600.0) == [(1500.0, None, "no process watches it")]
    await record(store, 1500.0, watching=False, error="forbidden")
    assert await spans(store, since=1600.0) == [(1500.0, None, "forbidden")]


async def test_a_watch_without_a_lease_ends_when_it_confirms_nothing_for_five_minutes(store: Store, clock: FixedClock) -> None:
    await scan(store)
    await record(store, 1000.0, watching=True)
    clock.advance(299.0)
    assert await spans(store, since=1100.0) == []
    clock.advance(2.0)
    assert await spans(store, since=1100.0) == [(1000.0, None, "no process watches it")]


async def test_a_watch_of_a_process_that_holds_the_lease_is_believed_until_the_lease_expires(store: Store, clock: FixedClock) -> None:
    await scan(store)
    await record(store, 1000.0, watching=True)
    await store.sharing.take_lease(f"scan:{HERE}", "one", 5000.0)
    clock.advance(4999.0)
    assert await spans(store, since=1100.0) == []
    clock.advance(2.0)
    assert await spans(store, since=1100.0) == [(1000.0, None, "no process watches it")]


async def test_a_recorded_gap_is_returned_with_every_query_that_overlaps_it(store: Store) -> None:
    await scan(store)
    await store.history.record_gap(Gap(HERE, PODS, 2000.0, 2100.0, "the watch was interrupted"))
    expected = [(2000.0, 2100.0, "the watch was interrupted")]
    assert await spans(store, 2050.0, 2060.0) == expected
    assert await spans(store, 2100.0, 2200.0) == expected
    assert await spans(store, 2101.0, 2200.0) == []
    ref = ObjectRef(HERE, PODS, Namespace("a"), "web")
    assert [gap.began for gap in (await store.history.versions(ref, since=1500.0, until=3000.0)).gaps] == [2000.0]


async def test_an_open_gap_is_replaced_when_it_is_recorded_with_its_end(store: Store) -> None:
    await scan(store)
    await store.history.record_gap(Gap(HERE, PODS, 2000.0, None, "unreachable"))
    assert await spans(store, since=1500.0) == [(2000.0, None, "unreachable")]
    await store.history.record_gap(Gap(HERE, PODS, 2000.0, 2500.0, "unreachable"))
    assert await spans(store, since=1500.0) == [(2000.0, 2500.0, "unreachable")]


async def test_a_gap_of_another_cluster_or_kind_is_not_returned(store: Store) -> None:
    await store.history.record_gap(Gap(THERE, PODS, 2000.0, 2100.0, "elsewhere"))
    await store.history.record_gap(Gap(HERE, ResourceName("nodes"), 2000.0, 2100.0, "another kind"))
    assert await spans(store, 2000.0, 2100.0) == []
    assert {gap.cluster for gap in await store.history.gaps(2000.0, 2100.0)} == {HERE, THERE}


async def test_objects_deleted_from_the_cache_are_a_gap_until_the_next_scan_and_not_deletions(store: Store, clock: FixedClock) -> None:
    await scan(store, pod("web"))
    clock.advance(1000.0)
    await store.objects.delete(HERE, PODS)
    ref = ObjectRef(HERE, PODS, Namespace("a"), "web")
    assert await store.history.object_as_of(ref, 2500.0) is None
    clock.advance(1000.0)
    await scan(store, pod("web"))
    assert (2000.0, 3000.0, "it was deleted from the cache") in await spans(store)
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS, as_of=3500.0))).rows] == ["web"]
    assert [version.observed_at for version, _ in (await store.history.versions(ref)).versions] == [1000.0]


async def test_an_object_created_while_its_kind_was_deleted_from_the_cache_is_not_recorded_as_added(
    store: Store, clock: FixedClock
) -> None:
    await scan(store)
    clock.advance(1000.0)
    await store.objects.delete(HERE, PODS)
    clock.advance(1000.0)
    await scan(store, pod("web", created_at=1500.0))
    assert (await store.history.changes(ChangeQuery(0.0, 9000.0))).counts == {}
    await scan(store, pod("web", created_at=1500.0), pod("db", created_at=3000.0))
    assert (await store.history.changes(ChangeQuery(0.0, 9000.0))).counts == {"pods added": 1}


def test_gaps_that_overlap_are_cut_and_gaps_within_others_are_joined() -> None:
    assert merge_spans([(0.0, 10.0, "a"), (2.0, 5.0, "b")]) == [(0.0, 10.0, "a; b")]
    assert merge_spans([(0.0, 10.0, "a"), (5.0, 20.0, "b")]) == [(0.0, 10.0, "a"), (10.0, 20.0, "b")]
    assert merge_spans([(0.0, 10.0, "a"), (5.0, 20.0, "a")]) == [(0.0, 20.0, "a")]
    assert merge_spans([(0.0, None, "a"), (5.0, 20.0, "b")]) == [(0.0, None, "a; b")]
    assert merge_spans([(0.0, 10.0, "a"), (10.0, 20.0, "a")]) == [(0.0, 10.0, "a"), (10.0, 20.0, "a")]

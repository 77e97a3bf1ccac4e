"""Earlier versions of objects: which of them are recorded, and what a query about a time before now returns."""

import pytest
from msgspec.structs import replace

from k8sconsole.errors import UsageError
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.history import Change, ChangeQuery
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import RowQuery, Store
from tests.contract.store_objects import HERE, PODS, THERE, batch, pod

WEB = ObjectRef(HERE, PODS, Namespace("a"), "web")
BORN = 5000.0
"""Later than the first scan, so that the object is recorded as added."""


async def scan(store: Store, *objects: object) -> None:
    number = await store.objects.begin_scan(HERE, PODS)
    await store.objects.write(batch(*objects, scan_id=number))  # type: ignore[arg-type]
    await store.objects.finish_scan(HERE, PODS, number)


async def change_web(store: Store) -> None:
    """web is Pending from 2000, Running from 3000, Failed from 4000, and deleted at 5000. db does not change."""
    await scan(store, pod("db"))
    for at, version, status in ((2000.0, "1", "Pending"), (3000.0, "2", "Running"), (4000.0, "3", "Failed")):
        await store.objects.write(batch(pod("web", version=version, status=status, created_at=BORN, by="kubelet"), at=at))
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web", "4", "kubectl"),), at=5000.0))


async def rows_at(store: Store, at: float, **query: object) -> list[tuple[str, str]]:
    found = await store.objects.rows(RowQuery(PODS, as_of=at, **query))  # type: ignore[arg-type]
    return [(row.name, str(row.cells[2])) for row in found.rows]


async def test_rows_as_of_a_time_have_the_cells_of_that_time(store: Store) -> None:
    await change_web(store)
    assert await rows_at(store, 2500.0) == [("db", "Running"), ("web", "Pending")]
    assert await rows_at(store, 3000.0) == [("db", "Running"), ("web", "Running")]
    assert await rows_at(store, 4999.9) == [("db", "Running"), ("web", "Failed")]
    assert await rows_at(store, 5000.0) == [("db", "Running")]


async def test_filter_sort_and_page_apply_to_the_rows_of_that_time(store: Store) -> None:
    await change_web(store)
    assert await rows_at(store, 4500.0, filter=parse_filter("status=Failed")) == [("web", "Failed")]
    assert await rows_at(store, 2500.0, filter=parse_filter("status=Failed")) == []
    assert await rows_at(store, 4500.0, sort="status") == [("web", "Failed"), ("db", "Running")]
    page = await store.objects.rows(RowQuery(PODS, as_of=4500.0, limit=1))
    assert ([row.name for row in page.rows], page.total) == (["db"], 2)
    assert await rows_at(store, 4500.0, limit=1, cursor=page.next) == [("web", "Failed")]


async def test_an_age_in_a_filter_counts_from_the_time_of_the_query(store: Store) -> None:
    await change_web(store)
    assert await rows_at(store, 2500.0, filter=parse_filter("age>30m")) == [("db", "Running")]
    assert await rows_at(store, 1500.0, filter=parse_filter("age>30m")) == []


async def test_bodies_as_of_a_time_are_the_bodies_of_that_time(store: Store) -> None:
    await change_web(store)
    bodies = {row.name: body for row, body in await store.objects.bodies(RowQuery(PODS, as_of=2500.0))}
    assert bodies["web"] == pod("web", status="Pending").body
    assert bodies["db"] == pod("db").body


async def test_an_object_as_of_a_time_is_the_version_that_was_current_then(store: Store) -> None:
    await change_web(store)
    version, body = await store.history.object_as_of(WEB, 3500.0) or pytest.fail("no version")
    assert (version.resource_version, version.observed_at, version.until) == ("2", 3000.0, 4000.0)
    assert (version.change, version.by, body) == (Change.MODIFIED, "kubelet", pod("web").body)
    assert await store.history.object_as_of(WEB, 1999.0) is None


async def test_after_a_deletion_the_deletion_is_current(store: Store) -> None:
    await change_web(store)
    version, _ = await store.history.object_as_of(WEB, 9000.0) or pytest.fail("no version")
    assert (version.change, version.resource_version, version.by) == (Change.DELETED, "4", "kubectl")


async def test_every_version_is_listed_with_its_body_and_the_fields_that_changed(store: Store) -> None:
    await change_web(store)
    versions = (await store.history.versions(WEB)).versions
    assert [(version.change.value, version.observed_at) for version, _ in versions] == [
        ("added", 2000.0),
        ("modified", 3000.0),
        ("modified", 4000.0),
        ("deleted", 5000.0),
    ]
    assert versions[1][0].paths == ("status.phase",)
    assert [body for _, body in versions[:3]] == [pod("web", status=word).body for word in ("Pending", "Running", "Failed")]


async def test_a_limit_returns_the_newest_versions_and_since_and_until_bound_them(store: Store) -> None:
    await change_web(store)
    newest = (await store.history.versions(WEB, limit=2)).versions
    assert [version.observed_at for version, _ in newest] == [4000.0, 5000.0]
    bounded = (await store.history.versions(WEB, since=3000.0, until=4000.0)).versions
    assert [version.observed_at for version, _ in bounded] == [3000.0, 4000.0]
    assert (await store.history.versions(WEB, limit=0)).versions == []


async def test_a_new_object_of_the_same_name_has_versions_of_its_own(store: Store) -> None:
    await change_web(store)
    await store.objects.write(batch(pod("web", uid="second", version="9", created_at=BORN), at=6000.0))
    assert len((await store.history.versions(WEB)).versions) == 5
    second = (await store.history.versions(ObjectRef(HERE, PODS, Namespace("a"), "web", "second"))).versions
    assert [version.resource_version for version, _ in second] == ["9"]


async def test_an_object_that_existed_before_the_first_scan_is_not_recorded_as_added(store: Store) -> None:
    await scan(store, pod("old", created_at=100.0))
    await store.objects.write(batch(pod("new", created_at=BORN), at=5001.0))
    changes = await store.history.changes(ChangeQuery(0.0, 9000.0))
    assert [(version.ref.name, version.change) for version in changes.versions] == [("new", Change.ADDED)]


async def test_a_change_of_noise_alone_is_no_version_but_renews_the_row(store: Store) -> None:
    await scan(store, pod("web"))
    await store.objects.write(batch(pod("web", version="2"), at=2000.0))
    assert len((await store.history.versions(WEB)).versions) == 1
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert row.resource_version == "2"


async def test_changes_are_paged_newest_first_and_counted_as_a_whole(store: Store) -> None:
    await change_web(store)
    first = await store.history.changes(ChangeQuery(0.0, 9000.0, limit=3))
    assert [version.observed_at for version in first.versions] == [5000.0, 4000.0, 3000.0]
    assert (first.total, first.counts) == (4, {"pods added": 1, "pods modified": 2, "pods deleted": 1})
    rest = await store.history.changes(ChangeQuery(0.0, 9000.0, limit=3, cursor=first.next))
    assert ([version.observed_at for version in rest.versions], rest.next) == ([2000.0], "")
    with pytest.raises(UsageError, match="cursor"):
        await store.history.changes(ChangeQuery(0.0, 9000.0, cursor="7"))


async def test_changes_can_be_selected_by_namespace_name_field_and_cluster(store: Store) -> None:
    await change_web(store)

    async def total(**query: object) -> int:
        return (await store.history.changes(ChangeQuery(0.0, 9000.0, **query))).total  # type: ignore[arg-type]

    assert await total(field="status") == 2
    assert await total(field="spec") == 0
    assert await total(name="web", namespaces=(Namespace("a"),)) == 4
    assert await total(name="db") == 0
    assert await total(namespaces=(Namespace("b"),)) == 0
    assert await total(clusters=(THERE,)) == 0


async def test_changes_of_an_owner_include_those_of_its_descendants(store: Store) -> None:
    sets = ResourceName("replicasets.apps")
    await scan(store)
    replica_set = replace(batch(pod("web-1", owner="Deployment/web", created_at=BORN), at=5001.0), resource=sets)
    await store.objects.write(replica_set)
    await store.objects.write(batch(pod("web-1-x", owner="ReplicaSet/web-1", created_at=BORN), pod("alone", created_at=BORN), at=5002.0))
    changes = await store.history.changes(ChangeQuery(0.0, 9000.0, resources=(PODS,), owner="Deployment/web"))
    assert [version.ref.name for version in changes.versions] == ["web-1-x"]


async def test_an_event_that_expired_on_the_server_is_no_change_unless_events_are_queried(store: Store) -> None:
    events = ResourceName("events")
    await store.objects.write(replace(batch(pod("e1"), at=2000.0), resource=events))
    await store.objects.write(replace(batch(gone=(DeletedObject(Namespace("a"), "e1"),), at=3000.0), resource=events))
    assert (await store.history.changes(ChangeQuery(0.0, 9000.0))).counts == {}
    assert (await store.history.changes(ChangeQuery(0.0, 9000.0, resources=(events,)))).counts == {"events deleted": 1}


async def test_a_version_that_arrives_with_an_earlier_time_does_not_precede_the_one_before_it(store: Store) -> None:
    await scan(store)
    await store.objects.write(batch(pod("web", created_at=BORN), at=6000.0))
    await store.objects.write(batch(pod("web", version="2", status="Failed", created_at=BORN), at=5500.0))
    versions = (await store.history.versions(WEB)).versions
    assert [version.observed_at for version, _ in versions] == [6000.0, 6000.0]


async def test_known_since_is_the_end_of_the_first_scan(store: Store, clock: FixedClock) -> None:
    assert await store.history.known_since(HERE, PODS) is None
    clock.advance(500.0)
    await scan(store, pod("web"))
    clock.advance(500.0)
    await scan(store, pod("web"))
    assert await store.history.known_since(HERE, PODS) == 1500.0

"""The contract of ``store.port.Store`` for every engine. A new engine is one more entry in ``ENGINES``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from k8sconsole.errors import DeadlineExceeded, PolicyDenied, StoreError, UsageError
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import ApiResource, Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import AuditEntry, ClusterRecord, RowQuery, ScanState, ScanStatus, Store, ToolRecord, WriteBatch
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
from k8sconsole.store.sqlite.open import open_store
from tests.contract.store_objects import COLUMNS, HERE, PODS, THERE, batch, pod

Make = Callable[[Path, FixedClock], Awaitable[Store]]


async def _sqlite(folder: Path, clock: FixedClock) -> Store:
    return await open_store(folder / "cache.db", clock=clock, timeout=2.0)


async def _encrypted(folder: Path, clock: FixedClock) -> Store:
    return await open_store(folder / "cache.db", clock=clock, timeout=2.0, key=CacheKey("0123456789abcdef" * 4))


ENGINES: dict[str, Make] = {"sqlite": _sqlite, "encrypted": _encrypted}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1000.0)


@pytest.fixture(params=list(ENGINES))
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Store]:
    opened = await ENGINES[request.param](tmp_path, clock)
    yield opened
    await opened.close()


async def names(store: Store, **query: object) -> list[str]:
    return [row.name for row in (await store.objects.rows(RowQuery(PODS, **query))).rows]  # type: ignore[arg-type]


async def test_written_objects_are_read_back_unchanged(store: Store) -> None:
    written = pod("web", version="7")
    result = await store.objects.write(batch(written))
    assert (result.added, result.changed, result.deleted, result.unchanged) == (1, 0, 0, 0)
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert (row.cluster, row.resource, row.namespace, row.name, row.uid) == (HERE, PODS, "a", "web", written.uid)
    assert (row.resource_version, row.created_at, row.observed_at, row.labels, row.cells) == (
        "7",
        100.0,
        1000.0,
        written.labels,
        written.cells,
    )
    assert row.revision == result.revision
    assert await store.objects.body(row.ref) == written.body


async def test_an_equal_version_is_counted_and_not_written(store: Store) -> None:
    first = await store.objects.write(batch(pod("web")))
    again = await store.objects.write(batch(pod("web"), at=2000.0))
    assert (again.unchanged, again.revision) == (1, first.revision)
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert row.observed_at == 1000.0


async def test_another_version_replaces_the_row_and_its_body(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    result = await store.objects.write(batch(pod("web", version="2", status="Failed")))
    assert result.changed == 1
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert (row.cells[2], row.revision) == ("Failed", result.revision)
    assert b"Failed" in (await store.objects.body(row.ref) or b"")


async def test_the_same_version_of_another_object_replaces_the_row(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    assert (await store.objects.write(batch(pod("web", uid="of-a-new-cluster")))).changed == 1


async def test_a_row_stored_under_other_columns_is_read_in_the_kinds_columns_and_then_rewritten(store: Store) -> None:
    old = pod("web")
    await store.objects.write(WriteBatch(HERE, PODS, 1.0, (old,), columns=("STATUS", "NAME")))
    table = await store.metadata.table(HERE, PODS)
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert len(row.cells) == len(table.columns)
    assert row.cells[table.index("STATUS") or 0] == old.cells[0]
    assert (await store.objects.write(batch(old))).changed == 1


async def test_a_deleted_row_is_deleted_with_its_body(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    result = await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"), DeletedObject(Namespace("a"), "never-was"))))
    assert result.deleted == 1
    assert await names(store) == ["db"]
    assert await store.objects.body(ObjectRef(HERE, PODS, Namespace("a"), "web")) is None


async def test_the_end_of_a_scan_deletes_rows_that_its_list_did_not_contain(store: Store) -> None:
    await store.objects.write(batch(pod("kept"), pod("stale"), pod("elsewhere", "b")))
    scan = await store.objects.begin_scan(HERE, PODS)
    await store.objects.write(batch(pod("kept"), pod("new"), scan_id=scan))
    result = await store.objects.finish_scan(HERE, PODS, scan)
    assert result.deleted == 2
    assert await names(store) == ["kept", "new"]


async def test_a_scan_of_some_namespaces_deletes_no_rows_of_others(store: Store) -> None:
    await store.objects.write(batch(pod("stale"), pod("elsewhere", "b")))
    scan = await store.objects.begin_scan(HERE, PODS)
    assert (await store.objects.finish_scan(HERE, PODS, scan, [Namespace("a")])).deleted == 1
    assert await names(store) == ["elsewhere"]


async def test_an_unfinished_scan_deletes_nothing_and_cannot_end_after_the_next_has_begun(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    first = await store.objects.begin_scan(HERE, PODS)
    second = await store.objects.begin_scan(HERE, PODS)
    assert second > first
    with pytest.raises(StoreError):
        await store.objects.finish_scan(HERE, PODS, first)
    assert await names(store) == ["web"]


async def test_one_table_holds_rows_of_several_clusters_and_their_names(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    await store.objects.write(batch(pod("web"), pod("db"), cluster=THERE))
    assert await names(store) == ["db", "web", "web"]
    assert await names(store, clusters=(THERE,)) == ["db", "web"]
    assert await store.objects.counts(THERE) == {PODS: 2}


async def test_rows_come_by_namespace_and_name_a_page_at_a_time(store: Store) -> None:
    await store.objects.write(batch(*(pod(f"p{number}", namespace) for namespace in "ba" for number in range(5))))
    seen, cursor = [], ""
    while True:
        page = await store.objects.rows(RowQuery(PODS, limit=3, cursor=cursor))
        assert page.total == 10
        seen += [(row.namespace, row.name) for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert seen == [(namespace, f"p{number}") for namespace in "ab" for number in range(5)]
    assert await names(store, namespaces=("b",), name="p3") == ["p3"]


async def test_sorted_rows_have_pages_too_and_equal_ones_keep_their_order(store: Store) -> None:
    await store.objects.write(batch(pod("c", status="Running"), pod("a", status="Running"), pod("b", status="Failed")))
    assert await names(store, sort="status") == ["b", "a", "c"]
    assert await names(store, sort="STATUS", descending=True) == ["a", "c", "b"]
    page = await store.objects.rows(RowQuery(PODS, sort="status", limit=2))
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS, sort="status", limit=2, cursor=page.next))).rows] == ["c"]
    with pytest.raises(UsageError, match="no column"):
        await names(store, sort="colour")


async def test_a_filter_selects_rows_by_columns_labels_and_fields_of_the_body(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db", status="Failed"), pod("cache", labels={"tier": "x"})))
    assert await names(store, filter=parse_filter("status=Failed")) == ["db"]
    assert await names(store, filter=parse_filter("tier=x")) == ["cache"]
    assert await names(store, filter=parse_filter("spec.nodeName=node-web")) == ["web"]
    page = await store.objects.rows(RowQuery(PODS, filter=parse_filter("status=Running"), limit=1))
    assert (page.total, [row.name for row in page.rows]) == (2, ["cache"])


async def test_a_filter_finds_owners_up_the_chain(store: Store) -> None:
    replica_set = pod("web-1", owner="Deployment/web")
    await store.objects.write(WriteBatch(HERE, ResourceName("replicasets.apps"), 1.0, (replica_set,)))
    await store.objects.write(batch(pod("web-1-x", owner="ReplicaSet/web-1"), pod("other")))
    assert await names(store, filter=parse_filter("owner=web")) == ["web-1-x"]


async def test_a_filter_by_usage_warns_without_metrics_and_selects_with_them(store: Store) -> None:
    await store.objects.write(batch(pod("busy"), pod("idle")))
    assert (await store.objects.rows(RowQuery(PODS, filter=parse_filter("cpu>500m")))).warnings
    usage = ResourceName("pods.metrics.k8s.io")
    for name, cpu in (("busy", "900m"), ("idle", "1m")):
        each = msgspec.structs.replace(pod(name), body=_usage(cpu))
        await store.objects.write(WriteBatch(HERE, usage, 1.0, (each,)))
    found = await store.objects.rows(RowQuery(PODS, filter=parse_filter("cpu>500m")))
    assert ([row.name for row in found.rows], found.warnings) == (["busy"], ())


def _usage(cpu: str) -> bytes:
    return f'{{"containers":[{{"usage":{{"cpu":"{cpu}","memory":"1Mi"}}}}]}}'.encode()


async def test_bodies_are_returned_with_their_rows(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    assert [(row.name, body) for row, body in await store.objects.bodies(RowQuery(PODS, name="db"))] == [("db", pod("db").body)]


async def test_a_body_is_not_found_under_another_uid(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    assert await store.objects.body(ObjectRef(HERE, PODS, Namespace("a"), "web", "another")) is None


async def test_a_difference_contains_changed_deleted_and_no_longer_matching_rows(store: Store) -> None:
    since = (await store.objects.write(batch(pod("same"), pod("changes"), pod("goes"), pod("fails")))).revision
    await store.objects.write(batch(pod("changes", version="2"), pod("fails", version="2", status="Failed"), pod("new")))
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "goes"),)))
    difference = await store.objects.rows(RowQuery(PODS, filter=parse_filter("status=Running"), after_revision=since))
    assert not difference.whole
    assert [row.name for row in difference.rows] == ["changes", "new"]
    assert {ref.name for ref in difference.gone} == {"goes", "fails"}
    assert difference.revision == await store.objects.revision()


async def test_an_object_that_was_created_again_is_not_reported_as_deleted(store: Store) -> None:
    since = (await store.objects.write(batch(pod("web")))).revision
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"),)))
    await store.objects.write(batch(pod("web", uid="second", version="9")))
    difference = await store.objects.rows(RowQuery(PODS, after_revision=since))
    assert ([row.uid for row in difference.rows], difference.gone) == (["second"], ())


async def test_a_difference_from_before_the_oldest_known_deletion_contains_all_rows(store: Store, clock: FixedClock) -> None:
    since = (await store.objects.write(batch(pod("web"), pod("db")))).revision
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"),)))
    clock.advance(7200.0)
    await store.clean(clock.now())
    found = await store.objects.rows(RowQuery(PODS, after_revision=since))
    assert found.whole
    assert [row.name for row in found.rows] == ["db"]


async def test_changed_kinds_names_the_kinds_with_writes_and_deletions(store: Store) -> None:
    since = (await store.objects.write(batch(pod("web")))).revision
    later = (await store.objects.write(batch(pod("web"), cluster=THERE))).revision
    assert await store.objects.changed_kinds(since) == [(THERE, PODS, later)]
    deleted = (await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "web"),)))).revision
    assert (HERE, PODS, deleted) in await store.objects.changed_kinds(later)


async def test_deleting_a_kind_or_a_cluster_leaves_the_others(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    await store.objects.write(batch(pod("web"), cluster=THERE))
    assert await store.objects.delete(HERE, PODS) == 2
    assert await store.objects.delete(THERE) == 1
    assert await names(store) == []


async def test_cleaning_keeps_the_last_known_state_of_a_cluster_that_cannot_be_read(store: Store, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web")))
    clock.advance(86400.0)
    assert await store.clean(clock.now()) == 0
    clock.advance(40 * 86400.0)
    assert await store.clean(clock.now()) == 1


async def test_cleaning_removes_expired_rows_of_kinds_that_are_no_longer_served(store: Store, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web")))
    await store.metadata.record_resources(HERE, [ApiResource("", "v1", "Node", "nodes", False)])
    assert await store.clean(clock.now()) == 0
    clock.advance(301.0)
    assert await store.clean(clock.now()) == 1


async def test_scan_states_clusters_and_resources_are_read_back(store: Store) -> None:
    state = ScanState(HERE, PODS, ScanStatus.COMPLETED, 1.0, 2.0, 3.0, "", 5, "77", True, ("pods in b: no",), 0.5)
    await store.metadata.record_scan(state)
    assert await store.metadata.scan_states() == [state]
    assert await store.metadata.scan_states(THERE) == []
    record = ClusterRecord(HERE, "v1.36.0", "https://here", 3, 1000.0, "uid door")
    await store.metadata.record_cluster(record)
    await store.metadata.record_cluster(msgspec.structs.replace(record, identity=""))
    assert await store.metadata.clusters() == [record]
    served = [ApiResource("apps", "v1", "Deployment", "deployments", True, "deployment", ("deploy",), (), ("list",))]
    await store.metadata.record_resources(HERE, served)
    assert await store.metadata.resources(HERE) == served


async def test_calls_are_returned_newest_first_and_counted_when_they_end(store: Store) -> None:
    for phase, outcome, took in (("started", "", None), ("completed", "ok", 10.0), ("started", "", None), ("completed", "NotFound", 30.0)):
        await store.audit.record_calls([AuditEntry(5.0, "r", "me", "cli", "k8s_list_pods", {"namespace": "a"}, phase, outcome, took)])
    assert [entry.outcome for entry in await store.audit.entries(2)] == ["NotFound", ""]
    (usage,) = await store.audit.tool_usage()
    assert (usage.usage_count, usage.success_count, usage.error_count, usage.avg_response_time, usage.last_used_at) == (2, 1, 1, 20.0, 5.0)


async def test_the_catalogue_of_tools_is_replaced_and_expires(store: Store, clock: FixedClock) -> None:
    await store.audit.record_tools([_tool("one"), _tool("two")], 60.0)
    await store.audit.record_tools([_tool("two"), _tool("three")], 60.0)
    found = await store.query("SELECT name, input_schema, ttl_expires_at FROM mcp_tools ORDER BY name")
    assert [row[0] for row in found.rows] == ["three", "two"]
    clock.advance(61.0)
    assert await store.clean(clock.now()) == 2


def _tool(name: str) -> ToolRecord:
    return ToolRecord(
        name, "does", {"type": "object"}, {}, ("pods",), ("list",), (), ("namespace",), "namespace", "list", True, "read", "k8s"
    )


async def test_figures_are_read_by_name_and_time(store: Store) -> None:
    await store.audit.record_figures([(1.0, "hit", 1.0), (2.0, "hit", 0.0), (2.0, "other", 9.0)])
    assert await store.audit.figures("hit", 1.5) == [(2.0, 0.0)]


async def test_an_sql_query_returns_rows_up_to_its_limit(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    found = await store.query("SELECT cluster_name, name FROM pods ORDER BY name", limit=1)
    assert (found.columns, found.rows, found.truncated) == (("cluster_name", "name"), [("here", "db")], True)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM objects",
        "/* SELECT */ UPDATE kinds SET ttl = 0",
        "WITH x AS (SELECT 1) INSERT INTO figures SELECT 'a', 1, 1",
        "ATTACH DATABASE '/tmp/other' AS other",
        "PRAGMA query_only = 0",
        "PRAGMA user_version = 9",
        "VACUUM INTO '/tmp/copy'",
        "CREATE TEMP TABLE t (x)",
        "SELECT load_extension('x')",
        "BEGIN IMMEDIATE",
        "SAVEPOINT x",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint",
        "SELECT * FROM pragma_journal_mode",
        "CREATE TEMP VIEW v AS SELECT 1",
        "DETACH main",
        "REINDEX",
        "ANALYZE",
        "EXPLAIN DELETE FROM kinds",
        "SELECT fts3_tokenizer('simple')",
        "PRAGMA key = 'x'",
        "PRAGMA rekey = 'x'",
        "PRAGMA cipher_log = '/tmp/log'",
        "SELECT zeroblob(1000000000)",
        "SELECT sum(length(randomblob(10000000)))",
        "SELECT printf('%.*c', 2000000000, 'x')",
        "SELECT format('%.*c', 2000000000, 'x')",
    ],
)
async def test_sql_that_would_do_more_than_read_is_refused(store: Store, sql: str) -> None:
    with pytest.raises(PolicyDenied):
        await store.query(sql)


async def test_sql_that_never_ends_is_interrupted(store: Store) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(DeadlineExceeded):
        await store.query(endless, timeout=0.1)


COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
DOUBLED = "replace(" * 21 + "'x'" + ", 'x', 'xx')" * 21
"""Two megabytes of x."""


async def test_an_sql_result_ends_before_it_fills_the_memory(store: Store) -> None:
    found = await store.query(f"{COUNTING} SELECT {DOUBLED} FROM n", limit=1000, timeout=60.0)
    assert found.truncated
    assert 10_000_000 < sum(len(cell) for (cell,) in found.rows) < 40_000_000


async def test_sql_cannot_create_a_value_larger_than_any_object(store: Store) -> None:
    with pytest.raises(UsageError, match="too big"):
        await store.query(f"SELECT {DOUBLED} || {DOUBLED} || {DOUBLED}")


async def test_a_value_that_keeps_doubling_is_interrupted_and_the_store_still_works(store: Store) -> None:
    doubling = "WITH RECURSIVE n(i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, t || t FROM n LIMIT 60) SELECT max(length(t)) FROM n"
    with pytest.raises(UsageError, match="too big"):
        await store.query(doubling)
    assert (await store.objects.write(batch(pod("web")))).added == 1


async def test_a_sort_of_large_values_is_interrupted_in_time(store: Store) -> None:
    with pytest.raises(DeadlineExceeded):
        await store.query(f"SELECT i FROM ({COUNTING} SELECT i, {DOUBLED} || i AS t FROM n) ORDER BY t", timeout=0.2)


async def test_invalid_sql_is_a_usage_error(store: Store) -> None:
    for wrong in ("SELEC 1", "SELECT * FROM nowhere", "SELECT 1; SELECT 2"):
        with pytest.raises(UsageError):
            await store.query(wrong)


async def test_a_lease_has_one_holder_until_it_expires_or_is_released(store: Store, clock: FixedClock) -> None:
    assert await store.sharing.take_lease("scan:x", "one", 10.0) == "one"
    assert await store.sharing.take_lease("scan:x", "two", 10.0) == "one"
    clock.advance(9.0)
    assert await store.sharing.take_lease("scan:x", "one", 10.0) == "one"
    clock.advance(9.0)
    assert await store.sharing.take_lease("scan:x", "two", 10.0) == "one"
    clock.advance(1.0)
    assert await store.sharing.take_lease("scan:x", "two", 10.0) == "two"
    await store.sharing.release_lease("scan:x", "one")
    assert await store.sharing.take_lease("scan:x", "one", 10.0) == "two"
    await store.sharing.release_lease("scan:x", "two")
    assert await store.sharing.take_lease("scan:x", "one", 10.0) == "one"


async def test_rescan_requests_are_counted_by_cluster(store: Store) -> None:
    assert await store.sharing.rescan_requests(HERE) == 0
    await store.sharing.request_rescan(HERE)
    await store.sharing.request_rescan(HERE)
    assert (await store.sharing.rescan_requests(HERE), await store.sharing.rescan_requests(THERE)) == (2, 0)


async def test_known_versions_of_a_column_layout_need_not_be_written_again(store: Store) -> None:
    await store.objects.write(batch(pod("web", version="7"), pod("db")))
    known = await store.objects.known_versions(HERE, PODS, COLUMNS)
    assert known["a", "web"] == ("uid-a-web", "7")
    assert await store.objects.known_versions(HERE, PODS, ("OTHER",)) == {}
    scan = await store.objects.begin_scan(HERE, PODS)
    assert (await store.objects.write(batch(scan_id=scan, unchanged=[(Namespace("a"), "web")]))).unchanged == 1
    await store.objects.finish_scan(HERE, PODS, scan)
    assert await names(store) == ["web"]
    with pytest.raises(StoreError, match="left the cache"):
        await store.objects.write(batch(unchanged=[(Namespace("a"), "db")]))


async def test_concurrent_writes_are_all_stored_and_a_failure_affects_only_its_own_caller(store: Store) -> None:
    async def wrong() -> None:
        with pytest.raises(StoreError):
            await store.objects.finish_scan(HERE, PODS, 12345)

    writes = [store.objects.write(batch(pod(f"p{number:03}"))) for number in range(200)]
    await asyncio.gather(*writes, *(wrong() for _ in range(20)))
    assert (await store.objects.rows(RowQuery(PODS))).total == 200


async def test_a_write_that_fails_half_way_is_rolled_back(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.audit.record_figures([(1.0, "hit", 1.0), (2.0, None, 1.0)])  # type: ignore[list-item]
    assert await store.audit.figures("hit", 0.0) == []


async def test_a_closed_store_raises_store_errors(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.objects.revision()


async def test_names_that_begin_with_the_text_come_before_names_that_contain_it(store: Store) -> None:
    await store.objects.write(batch(*[pod(name, "a") for name in ("web-0", "my-web", "WEB-1", "other")], *[pod("web-9", "b")]))
    assert await store.objects.names(HERE, PODS, "web") == ["WEB-1", "web-0", "web-9", "my-web"]
    assert await store.objects.names(HERE, PODS, "web", namespace="b") == ["web-9"]
    assert await store.objects.names(HERE, PODS, "", limit=2) == ["WEB-1", "my-web"]
    assert await store.objects.names(HERE, PODS, "%' OR ''='") == []


async def test_a_name_in_many_namespaces_is_returned_once_and_does_not_use_up_the_limit(store: Store) -> None:
    await store.objects.write(batch(*[pod("root", f"n{number}") for number in range(9)], pod("rooted", "n0"), pod("unroot", "n0")))
    assert await store.objects.names(HERE, PODS, "root", limit=2) == ["root", "rooted"]
    assert await store.objects.names(HERE, PODS, "root", limit=3) == ["root", "rooted", "unroot"]
    assert await store.objects.names(HERE, PODS, "root", limit=20) == ["root", "rooted", "unroot"]


async def test_a_read_does_not_overwrite_a_later_write_of_the_watch(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db"), pod("old")))
    since = await store.objects.revision()
    await store.objects.write(batch(pod("web", version="3"), gone=(DeletedObject(Namespace("a"), "old"),)))
    result = await store.objects.write(batch(pod("web", version="2"), pod("db", version="2"), pod("old"), since=since))
    assert (result.added, result.changed) == (0, 1)
    found = {row.name: row.resource_version for row in (await store.objects.rows(RowQuery(PODS))).rows}
    assert found == {"web": "3", "db": "2"}


async def test_after_a_relayout_no_version_is_known_and_each_row_is_rewritten_once(store: Store) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    await store.objects.relayout(HERE, PODS)
    assert await store.objects.known_versions(HERE, PODS, COLUMNS) == {}
    assert await names(store) == ["db", "web"]
    assert (await store.objects.write(batch(pod("web"), pod("db")))).changed == 2
    assert (await store.objects.write(batch(pod("web"), pod("db")))).unchanged == 2


async def test_of_an_object_that_a_batch_names_twice_the_last_entry_counts(store: Store) -> None:
    result = await store.objects.write(batch(pod("web", version="1"), pod("web", version="2", status="Failed")))
    assert result.added == 1
    (row,) = (await store.objects.rows(RowQuery(PODS))).rows
    assert (row.resource_version, row.cells[2]) == ("2", "Failed")


async def test_revisions_increase_with_every_write_that_changes_something(store: Store) -> None:
    revisions = [(await store.objects.write(batch(pod("web", version=str(number))))).revision for number in range(1, 5)]
    assert revisions == sorted(set(revisions))
    assert (await store.objects.write(batch(pod("web", version="4")))).revision == revisions[-1] == await store.objects.revision()


async def test_deleting_a_kind_resets_its_scan_state(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    await store.metadata.record_scan(ScanState(HERE, PODS, ScanStatus.COMPLETED, 1.0, 2.0, 3.0, "", 1, "77", True))
    await store.objects.delete(HERE, PODS)
    (state,) = await store.metadata.scan_states(HERE)
    assert (state.status, state.confirmed_at, state.resource_version, state.watching) == (ScanStatus.PENDING, None, "", False)


async def test_a_lease_that_a_clock_ahead_of_time_wrote_can_be_taken_after_the_clock_is_set_back(store: Store, clock: FixedClock) -> None:
    clock.advance(100_000.0)
    await store.sharing.take_lease("scan:x", "one", 10.0)
    clock.advance(-100_000.0)
    assert await store.sharing.take_lease("scan:x", "two", 10.0) == "two"


async def test_a_cancelled_or_refused_call_counts_as_a_call_but_not_as_an_error(store: Store) -> None:
    outcomes = ("ok", "Cancelled", "PermissionDenied", "Timeout")
    entries = [AuditEntry(5.0, "r", "me", "mcp", "k8s_get_pod_logs", {}, "completed", outcome, 1.0) for outcome in outcomes]
    await store.audit.record_calls(entries)
    (usage,) = await store.audit.tool_usage()
    assert (usage.usage_count, usage.success_count, usage.error_count) == (4, 1, 1)


async def test_an_approved_tool_is_remembered_with_its_newest_definition(store: Store) -> None:
    await store.audit.trust_tools([TrustedTool("files_read", "one", 1.0), TrustedTool("files_list", "list", 1.0)])
    await store.audit.trust_tools([TrustedTool("files_read", "two", 2.0)])
    assert {tool.name: tool.definition for tool in await store.audit.trusted_tools()} == {"files_read": "two", "files_list": "list"}


async def test_a_catalogue_of_one_origin_leaves_the_tools_of_others(store: Store) -> None:
    await store.audit.record_tools([_tool("one")], 60.0)
    await store.audit.record_tools([msgspec.structs.replace(_tool("files_read"), origin="files")], 60.0)
    await store.audit.record_tools([_tool("two")], 60.0)
    assert (await store.query("SELECT name FROM mcp_tools ORDER BY name")).rows == [("files_read",), ("two",)]


async def test_sql_reads_the_json_of_a_body(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    found = await store.query("SELECT body_json(body) ->> '$.spec.nodeName' FROM objects JOIN bodies USING (id)")
    assert found.rows == [("node-web",)]


async def test_a_cursor_of_another_query_is_refused_with_a_remedy(store: Store) -> None:
    await store.objects.write(batch(pod("web")))
    for query in (RowQuery(PODS, limit=1, cursor="5"), RowQuery(PODS, sort="status", limit=1, cursor='["a","web",1]')):
        with pytest.raises(UsageError, match="the cursor does not belong to this query") as caught:
            await store.objects.rows(query)
        assert caught.value.remedy == "the same query without a cursor"


async def test_a_custom_kind_is_shown_with_the_printer_columns_of_its_crd(store: Store) -> None:
    crds, widgets = ResourceName("customresourcedefinitions.apiextensions.k8s.io"), ResourceName("widgets.example.org")
    await store.metadata.record_resources(HERE, [ApiResource("example.org", "v1", "Widget", "widgets", True)])
    assert (await store.metadata.table(HERE, widgets)).index("Colour") is None
    column = {"name": "Colour", "type": "string", "jsonPath": ".spec.colour"}
    crd = {"spec": {"versions": [{"name": "v1", "additionalPrinterColumns": [column]}]}}
    stored = msgspec.structs.replace(pod(str(widgets), ""), body=msgspec.json.encode(crd))
    await store.objects.write(WriteBatch(HERE, crds, 1.0, (stored,)))
    assert (await store.metadata.table(HERE, widgets)).index("Colour") is not None

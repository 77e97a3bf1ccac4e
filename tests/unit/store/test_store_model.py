"""The store compared with the simplest model of it: a dictionary."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace
from k8sconsole.store.port import RowQuery, Store
from k8sconsole.store.sqlite.open import open_store
from tests.contract.store_objects import HERE, PODS, THERE, batch, pod

NAMES = st.sampled_from(["a", "b", "c", "d"])
SPACES = st.sampled_from(["x", "y"])
CLUSTERS = st.sampled_from([HERE, THERE])
STEPS = st.one_of(
    st.tuples(st.just("write"), CLUSTERS, st.lists(st.tuples(SPACES, NAMES, st.sampled_from("123")), max_size=4)),
    st.tuples(st.just("gone"), CLUSTERS, st.lists(st.tuples(SPACES, NAMES), max_size=3)),
    st.tuples(st.just("scan"), CLUSTERS, st.lists(st.tuples(SPACES, NAMES, st.sampled_from("123")), max_size=4)),
    st.tuples(st.just("delete"), CLUSTERS, st.just([])),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=12))
def test_after_any_series_of_writes_rows_and_differences_equal_those_of_a_dictionary(steps: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder) / "cache.db", steps))


async def _compare(path: Path, steps: list) -> None:
    store = await open_store(path)
    model: dict = {}
    followed: dict = {}
    revision = 0
    for kind, cluster, parts in steps:
        await _apply(store, model, kind, cluster, parts)
        revision = await _follow(store, followed, revision)
        assert followed == model
    found = await store.objects.rows(RowQuery(PODS))
    assert {(row.cluster, row.namespace, row.name): row.resource_version for row in found.rows} == model
    assert [(row.namespace, row.name) for row in found.rows] == sorted((space, name) for _, space, name in model)
    await store.close()


async def _apply(store: Store, model: dict, kind: str, cluster: str, parts: list) -> None:
    if kind == "delete":
        await store.objects.delete(cluster)
        for key in [key for key in model if key[0] == cluster]:
            del model[key]
    elif kind == "gone":
        await store.objects.write(batch(cluster=cluster, gone=[DeletedObject(Namespace(space), name) for space, name in parts]))
        for part in parts:
            model.pop((cluster, *part), None)
    else:
        objects = [pod(name, space, version) for space, name, version in parts]
        scan = await store.objects.begin_scan(cluster, PODS) if kind == "scan" else 0
        await store.objects.write(batch(*objects, cluster=cluster, scan_id=scan))
        if scan:
            await store.objects.finish_scan(cluster, PODS, scan)
            for key in [key for key in model if key[0] == cluster]:
                del model[key]
        model.update({(cluster, space, name): version for space, name, version in parts})


async def _follow(store: Store, followed: dict, since: int) -> int:
    """Follows by revision as a pane does: first deletions, then changed rows."""
    difference = await store.objects.rows(RowQuery(PODS, after_revision=since))
    for ref in difference.gone:
        followed.pop((ref.cluster, ref.namespace, ref.name), None)
    followed.update({(row.cluster, row.namespace, row.name): row.resource_version for row in difference.rows})
    return difference.revision

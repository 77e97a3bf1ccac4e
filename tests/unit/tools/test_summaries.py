"""A summary that is updated with changes equals a summary of all rows."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.store.port import Store, WriteBatch
from k8sconsole.tools.summaries import ListSummaries, summarise_rows
from tests.tool_harness import parsed

PODS = next(one for one in BUILTIN if one.name == "pods")
TABLE = find_table(PODS)
HERE = ClusterName("here")
COLUMNS = tuple(column.name for column in TABLE.columns)


def _pod(space: str, name: str, phase: str, ready: bool, version: int) -> Any:
    meta = {
        "namespace": space,
        "name": name,
        "uid": f"{space}-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": "2026-11-01T00:00:00Z",
    }
    status = {"phase": phase, "containerStatuses": [{"name": "c", "ready": ready, "restartCount": 0, "state": {"running": {}}}]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "c", "image": "x"}]}, "status": status}
    return parsed("pods", TABLE, msgspec.Raw(msgspec.json.encode(body)))


async def _write(store: Store, objects: list[Any], gone: list[DeletedObject], at: float) -> None:
    await store.objects.write(WriteBatch(HERE, ResourceName("pods"), at, objects, gone, columns=COLUMNS))


@pytest.mark.parametrize("spaces", [(), ("a",)])
async def test_an_updated_summary_equals_a_fresh_one(store: Store, spaces: tuple[str, ...], tmp_path: Path) -> None:
    chance, summaries = random.Random(5), ListSummaries()
    query = RowQuery(ResourceName("pods"), (HERE,), tuple(map(Namespace, spaces)))
    for turn in range(40):
        names = [(chance.choice("ab"), f"pod-{chance.randrange(30)}") for _ in range(chance.randrange(8))]
        objects = [
            _pod(*name, chance.choice(("Running", "Pending", "Failed")), chance.random() < 0.8, turn + 1) for name in dict.fromkeys(names)
        ]
        went = {(chance.choice("ab"), f"pod-{chance.randrange(30)}") for _ in range(chance.randrange(3))} - set(names)
        await _write(store, objects, [DeletedObject(Namespace(space), name) for space, name in went], 1_000.0 + turn)
        if turn == 25:
            await store.objects.delete(HERE, ResourceName("pods"))
        updated = await summaries.fetch(store, TABLE, query)
        fresh = summarise_rows(TABLE, (await store.objects.rows(query)).rows)
        assert (updated.total, updated.counts) == (fresh.total, fresh.counts)
        assert [row.ref for row in updated.unhealthy_rows()] == [row.ref for row in fresh.unhealthy_rows()]

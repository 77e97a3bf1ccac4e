"""A million versions: their size on disk, and the time of queries about the past.

The pods of the load are changed in turn through the store, as a scanner writes them, spread over two weeks.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import cache_file
from benchmarks.load import shapes
from benchmarks.load.plan import App, Plan
from benchmarks.timing import time_repeatedly
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.history import ChangeQuery
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.refs import ClusterName, ObjectRef
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.store.port import WriteBatch
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore

_SPAN = 14 * 86400.0
_BATCH = 500
_AT_ONCE = 8
_REASONS = ("Completed", "Error", "OOMKilled", "ContainerCannotRun")
PODS = next(one for one in BUILTIN if one.name == "pods")
HERE = ClusterName("bench")


def measure(cache: Path, *, pods: int, versions: int) -> dict[str, Any]:
    return asyncio.run(_measure(cache, pods, versions))


async def _measure(cache: Path, pods: int, versions: int) -> dict[str, Any]:
    cache_file.remove(cache)
    store = await open_store(cache)
    try:
        until = time.time()
        began, processor = time.monotonic(), time.process_time()
        bare = await _fill(store, pods, versions, until)
        wrote = {"seconds": time.monotonic() - began, "cpu": time.process_time() - processor}
        (stored,) = (await store.query("SELECT count(*) FROM versions")).rows[0]
        return {
            "pods": pods,
            "versions": stored,
            "write": wrote,
            "bytes_a_version": await _bytes_a_version(store, cache, bare, stored),
        } | await _time_queries(store, until)
    finally:
        await store.close()
        cache_file.remove(cache)


async def _fill(store: SqliteStore, pods: int, versions: int, until: float) -> int:
    """Writes all versions. Returns the bytes of the file after the first version of every pod."""
    parser = ResourceParser(PODS, find_table(PODS))
    rounds = versions // pods
    bare = 0
    for turn in range(rounds + 1):
        at = until - _SPAN + turn * _SPAN / rounds
        made = list(batches(parser, pods, turn, at, _SPAN / rounds))
        for start in range(0, len(made), _AT_ONCE):
            await asyncio.gather(*(store.objects.write(batch) for batch in made[start : start + _AT_ONCE]))
        if turn == 0:
            await _checkpoint(store)
            bare = cache_file.size(store.path)
        print(f"{turn * pods:>10}/{rounds * pods} versions", file=sys.stderr, end="\r", flush=True)
    return bare


def first_batches(pods: int) -> Iterator[WriteBatch]:
    """The first version of every pod."""
    return batches(ResourceParser(PODS, find_table(PODS)), pods, 0, time.time(), 0.0)


def batches(parser: ResourceParser, pods: int, turn: int, at: float, span: float) -> Iterator[WriteBatch]:
    """Every pod once, after its ``turn``-th restart, observed in the ``span`` seconds from ``at``."""
    places = [(app, name) for app in Plan.of(pods).apps() for name in app.pod_names()]
    for start in range(0, len(places), _BATCH):
        bodies = [_pod(app, name, start + place, turn) for place, (app, name) in enumerate(places[start : start + _BATCH])]
        objects: list[ParsedObject] = parser.objects(bodies, {})[0]
        yield WriteBatch(HERE, PODS.name, at + span * start / pods, objects, columns=parser.columns)


def _pod(app: App, name: str, number: int, turn: int) -> bytes:
    """JSON of a pod after its ``turn``-th restart."""
    made = shapes.pod(app, name, f"load-node-{number % 100:04d}")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_790_000_000 + turn * 12_000 + number))
    made["metadata"] |= {
        "uid": f"{number:08d}-0000-4000-8000-000000000000",
        "resourceVersion": str(turn * 1_000_000 + number + 1),
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    last = {"terminated": {"exitCode": turn % 3, "reason": _REASONS[turn % 4], "startedAt": when, "finishedAt": when}}
    state = {"name": "main", "image": made["spec"]["containers"][0]["image"], "ready": turn % 2 == 0, "restartCount": turn}
    made["status"] = {
        "phase": "Running",
        "podIP": f"10.{number % 200}.{number // 200 % 200}.{number % 250}",
        "conditions": [
            {"type": "Initialized", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"},
            {"type": "Ready", "status": str(turn % 2 == 0), "lastTransitionTime": when},
        ],
        "containerStatuses": [state | {"lastState": last, "state": {"running": {"startedAt": when}}}],
    }
    return msgspec.json.encode(made)


async def _bytes_a_version(store: SqliteStore, cache: Path, bare: int, versions: int) -> float:
    await _checkpoint(store)
    return (cache_file.size(cache) - bare) / versions


async def _checkpoint(store: SqliteStore) -> None:
    """Moves the WAL into the file, so that its size is that of its content."""
    import sqlite3

    def work() -> None:
        with sqlite3.connect(store.path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.close()

    await asyncio.to_thread(work)


async def _time_queries(store: SqliteStore, until: float) -> dict[str, Any]:
    """Milliseconds."""
    hour = ChangeQuery(until - 3600, until, limit=100)
    then = RowQuery(PODS.name, as_of=until - _SPAN / 2)
    row = (await store.objects.rows(RowQuery(PODS.name, limit=1))).rows[0]
    ref = ObjectRef(HERE, PODS.name, row.namespace, row.name)
    return {
        "changes_in_an_hour": (await store.history.changes(hour)).total,
        "last_hour": await time_repeatedly(lambda: store.history.changes(hour), 100),
        "rows_then": (await store.objects.rows(then)).total,
        "table_as_of": await time_repeatedly(lambda: store.objects.rows(then), 10),
        "object_as_of": await time_repeatedly(lambda: store.history.object_as_of(ref, until - _SPAN / 3), 100),
        "life": await time_repeatedly(lambda: store.history.versions(ref, limit=20), 50),
    }

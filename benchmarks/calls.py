"""What the tool pipeline adds to the cost of a tool: one list of pods without the pipeline, with it, and from the reply cache.

Everything runs in one process on a cache file of its own. No request goes to a cluster.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from benchmarks import cache_file
from benchmarks.history import HERE, PODS, batches
from benchmarks.timing import time_in_turn
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import Unreachable
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.cache_records import ScanState, ScanStatus
from k8sconsole.model.events import ClusterState, ConnectionState, RowsChanged
from k8sconsole.model.policy import Policy
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore
from k8sconsole.tools.context import ToolContext, ToolEnvironment
from k8sconsole.tools.pipeline.middleware.validate import convert_arguments
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.registry import builtin_registry

TOOL = "k8s_list_pods"
QUESTIONS: dict[str, dict[str, Any]] = {"20 rows": {"limit": 20}, "100 rows": {"limit": 100}, "overview": {}}
_TIMES = 300


def measure(cache: Path, *, pods: int) -> dict[str, Any]:
    return asyncio.run(_measure(cache, pods))


async def _measure(cache: Path, pods: int) -> dict[str, Any]:
    cache_file.remove(cache)
    store = await open_store(cache)
    try:
        await _fill(store, pods)
        pipeline = Pipeline(builtin_registry(), _environment(store))
        pipeline.handle_fact(ClusterState(HERE, ConnectionState.LIVE))
        found = {name: await _time_question(pipeline, arguments) for name, arguments in QUESTIONS.items()}
        await pipeline.close()
        return {"pods": pods, "questions": found}
    finally:
        await store.close()
        cache_file.remove(cache)


async def _fill(store: SqliteStore, pods: int) -> None:
    parser, now = ResourceParser(PODS, find_table(PODS)), time.time()
    for batch in batches(parser, pods, 0, now - 60, 50):
        await store.objects.write(batch)
    await store.metadata.record_scan(ScanState(HERE, PODS.name, ScanStatus.COMPLETED, now, confirmed_at=now, record_count=pods))


def _environment(store: SqliteStore) -> ToolEnvironment:
    async def closed(context: ClusterName) -> Cluster:
        raise Unreachable("this benchmark has no cluster")

    async def find(context: ClusterName, word: str) -> ApiResource:
        return next(one for one in BUILTIN if one.answers_to(word))

    return ToolEnvironment(
        clock=SystemClock(),
        store=store,
        contexts=list,
        selected=lambda: (HERE,),
        open_cluster=closed,
        find_resource=find,
        table=lambda context, resource: find_table(resource),
        policy=Policy,
    )


async def _time_question(pipeline: Pipeline, arguments: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of three variants.

    bare: the handler alone, its input and context included. read: the whole pipeline, the reply read from the store.
    at_hand: the whole pipeline, the reply taken from the reply cache.
    """
    spec, call = pipeline.registry.find(TOOL), ToolCall(TOOL, arguments, Face.MCP)

    async def bare() -> None:
        await spec.handler(convert_arguments(spec, arguments), ToolContext(pipeline.environment, call))

    async def read() -> None:
        pipeline.handle_fact(RowsChanged(HERE, PODS.name, 1))
        assert (await pipeline.call(call)).error is None

    async def cached() -> None:
        assert (await pipeline.call(call)).error is None

    found = await time_in_turn({"bare": bare, "read": read, "at_hand": cached}, _TIMES)
    hits = pipeline.cache_step.counts["hit"]
    assert hits >= _TIMES, f"{hits} replies came from the reply cache"
    return found

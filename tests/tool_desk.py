"""Tools against the demo cluster over HTTP and a cache file of their own: nothing is pretended but the clock's start and the person who answers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.demo.server import DemoCluster
from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import UsageError
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import Fact
from k8sconsole.model.policy import Policy
from k8sconsole.model.reading import ScanState, ScanStatus
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import table_for
from k8sconsole.model.tools import Answer, Face, Question, ToolCall, ToolOutcome
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.store.port import ClusterRecord, Store, WriteBatch
from k8sconsole.store.sqlite.opening import open_store
from k8sconsole.tools.catalogue import builtin_registry
from k8sconsole.tools.context import Surroundings
from k8sconsole.tools.pipeline import Pipeline

SCANNED = (
    "namespaces",
    "nodes",
    "pods",
    "services",
    "events",
    "configmaps",
    "secrets",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
)


class Desk:
    """A pipeline, and the person in front of it: ``answer`` decides what is answered to every question."""

    def __init__(self, around: Surroundings) -> None:
        self.questions: list[Question] = []
        self.facts: list[Fact] = []
        self.answer: Callable[[Question], Answer] = lambda question: Answer(False, by="test")
        self.policy = Policy()
        self.around = replace(around, ask=self._ask, policy=lambda: self.policy, publish=self.facts.append)
        self.pipeline = Pipeline(builtin_registry(), self.around)
        self.store = around.store

    async def _ask(self, question: Question) -> Answer:
        self.questions.append(question)
        return self.answer(question)

    async def call(self, tool: str, /, face: Face = Face.TUI, **arguments: Any) -> ToolOutcome:
        return await self.pipeline.call(ToolCall(tool, arguments, face))

    async def audit(self) -> list[tuple[str, str, str]]:
        """(tool, phase, outcome), oldest first."""
        await self.pipeline.close()
        assert self.store is not None
        return [(row.tool, row.phase, row.outcome) for row in reversed(await self.store.audit())]


@pytest.fixture
async def demo() -> AsyncIterator[DemoCluster]:
    async with DemoCluster(scenario="calm-shop", seed=7) as cluster:
        yield cluster


@pytest.fixture
async def cluster(demo: DemoCluster) -> AsyncIterator[Cluster]:
    contexts = KubeconfigContexts([demo.kubeconfig])
    opened = await contexts.open(contexts.list()[0].name)
    yield opened
    await opened.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db")
    yield opened
    await opened.close()


def surroundings(demo: DemoCluster, cluster: Cluster, store: Store | None) -> Surroundings:
    found = KubeconfigContexts([demo.kubeconfig])

    async def find(context: ClusterName, word: str) -> ApiResource:
        for resource in BUILTIN:
            if resource.answers_to(word):
                return resource
        raise UsageError(f"no kind {word!r}", "", "", {"parameter": "kind", "given": word, "nearest": ["pods"]})

    async def opened(context: ClusterName) -> Cluster:
        return cluster

    return Surroundings(
        clock=SystemClock(),
        store=store,
        contexts=found.list,
        selected=lambda: (cluster.name,),
        open_cluster=opened,
        find_resource=find,
        table=lambda context, resource: table_for(resource),
        policy=Policy,
    )


async def scan(cluster: Cluster, store: Store) -> None:
    """What the scanner does, once, for a few kinds."""
    clock = SystemClock()
    await store.record_cluster(ClusterRecord(cluster.name, "v1.36.0", cluster.server, 3, clock.now()))
    for resource in BUILTIN:
        if resource.name not in SCANNED:
            continue
        table = table_for(resource)
        parser = ResourceParser(resource, table)
        scan_id = await store.begin_scan(cluster.name, resource.name)
        count = 0
        async for page in cluster.pages(resource):
            objects = parser.objects(page.items)
            count += len(objects)
            await store.write(WriteBatch(cluster.name, resource.name, clock.now(), objects, scan_id=scan_id, columns=parser.columns))
        await store.finish_scan(cluster.name, resource.name, scan_id)
        state = ScanState(cluster.name, resource.name, ScanStatus.COMPLETED, clock.now(), confirmed_at=clock.now(), record_count=count)
        await store.record_scan(state)


@pytest.fixture
async def desk(demo: DemoCluster, cluster: Cluster, store: Store) -> AsyncIterator[Desk]:
    """With a cache that was just filled."""
    await scan(cluster, store)
    made = Desk(surroundings(demo, cluster, store))
    yield made
    await made.pipeline.close()


@pytest.fixture
async def bare(demo: DemoCluster, cluster: Cluster) -> Desk:
    """Without any cache."""
    return Desk(surroundings(demo, cluster, None))

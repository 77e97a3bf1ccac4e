"""The tool pipeline on the demo cluster, over HTTP, with a cache file of its own. Only the answers to approval questions are faked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.demo.server import DemoCluster
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.model.cache_records import ScanState, ScanStatus
from k8sconsole.model.events import Fact
from k8sconsole.model.kind_names import matching_kinds
from k8sconsole.model.masking import mask_body
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.policy import Policy
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.model.tools import Answer, Face, Question, ToolCall, ToolDescription, ToolOutcome
from k8sconsole.runtime.bus import Bus
from k8sconsole.runtime.cluster_pool import ClusterPool, NoContexts
from k8sconsole.runtime.services.api_resources import ApiResources, unknown_kind
from k8sconsole.runtime.services.approvals import Approvals
from k8sconsole.runtime.services.cache import CacheService
from k8sconsole.runtime.services.events import EventsService
from k8sconsole.runtime.services.tools import ToolsService
from k8sconsole.store.port import ClusterRecord, Store, WriteBatch
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.tools.context import Progress, RefreshRequest, RefreshResult, ToolEnvironment
from k8sconsole.tools.mcp_client.servers import AttachedServers
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.registry import builtin_registry

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
    "cronjobs.batch",
    "poddisruptionbudgets.policy",
)

_NAMES = frozenset(word for one in BUILTIN for word in (one.plural, one.kind, *one.short_names))


class ToolHarness:
    """A pipeline and its user. ``answer`` returns the reply to each approval question; ``questions`` and ``facts`` record what was sent."""

    def __init__(self, environment: ToolEnvironment) -> None:
        self.questions: list[Question] = []
        self.facts: list[Fact] = []
        self.answer: Callable[[Question], Answer] = lambda question: Answer(False, by="test")
        self.policy = Policy()
        self.ask: Callable[[Question], Awaitable[Answer]] = self._record_and_answer
        self.environment = replace(
            environment, ask=lambda question: self.ask(question), policy=lambda: self.policy, publish=self.facts.append
        )
        self.pipeline = Pipeline(builtin_registry(), self.environment)
        self.store = environment.store

    async def _record_and_answer(self, question: Question) -> Answer:
        self.questions.append(question)
        return self.answer(question)

    async def call(self, tool: str, /, face: Face = Face.TUI, **arguments: Any) -> ToolOutcome:
        return await self.pipeline.call(ToolCall(tool, arguments, face))

    async def audit(self) -> list[tuple[str, str, str]]:
        """(tool, phase, outcome), oldest first."""
        await self.pipeline.close()
        assert self.store is not None
        return [(row.tool, row.phase, row.outcome) for row in reversed(await self.store.audit.entries())]


def reading_arguments(pod: str, deployment: str) -> dict[str, dict[str, Any]]:
    """Valid arguments of each reading tool that requires some. Both objects are in the namespace shop."""
    one, rolled = {"kind": "pods", "name": pod, "namespace": "shop"}, {"name": deployment, "namespace": "shop"}
    return {
        "k8s_list_resources": {"kind": "deploy"},
        "k8s_get_resource": one,
        "k8s_describe_resource": one,
        "k8s_get_pod_logs": {"name": pod, "namespace": "shop", "tail": 5},
        "k8s_explain_schema": {"kind": "pods"},
        "k8s_search_resources": {"text": "web"},
        "k8s_rollout_status": rolled,
        "k8s_rollout_history": rolled,
        "k8s_check_permission": {"kind": "pods"},
        "cache_query": {"sql": "SELECT count(*) AS n FROM pods"},
        "cache_refresh": one,
        "history_list_versions": one,
        "history_get_as_of": {**one, "as_of": "now"},
        "history_diff": {"since": "-5m"},
        "helm_get_values": {"name": "grafana", "namespace": "monitoring"},
        "helm_get_history": {"name": "grafana", "namespace": "monitoring"},
    }


def changing_arguments(pod: str, deployment: str, node: str) -> dict[str, dict[str, Any]]:
    """Valid arguments of each changing tool, in the same namespace."""
    one, made = (
        {"name": pod, "namespace": "shop"},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made", "namespace": "shop"}},
    )
    rolled, cron = {"kind": "deploy", "name": deployment, "namespace": "shop"}, {"name": "reconcile", "namespace": "payments"}
    return {
        "k8s_create_deployment": {"name": "made", "image": "x:1", "namespace": "shop"},
        "k8s_create_resource": {"manifest": made},
        "k8s_apply_resource": {"manifest": made},
        "k8s_patch_resource": {**rolled, "patch": {"metadata": {"labels": {"a": "b"}}}},
        "k8s_delete_resource": rolled,
        "k8s_delete_pod": one,
        "k8s_scale_resource": {**rolled, "replicas": 1},
        "k8s_rollout_restart": rolled,
        "k8s_rollout_undo": {"name": deployment, "namespace": "shop"},
        "k8s_set_image": {**rolled, "image": "x:1", "container": "app"},
        **{tool: {"name": node} for tool in ("k8s_cordon_node", "k8s_uncordon_node", "k8s_drain_node")},
        "k8s_run_pod": {"name": "made", "image": "x:1", "namespace": "shop"},
        "k8s_exec_pod": {**one, "command": ["ls"]},
        "k8s_port_forward": {**one, "port": 80},
        "k8s_label_resource": {**rolled, "labels": {"a": "b"}},
        "k8s_annotate_resource": {**rolled, "annotations": {"a": "b"}},
        "k8s_trigger_cronjob": cron,
        "k8s_suspend_cronjob": cron,
        "k8s_undo_change": {**rolled, "resource_version": "1"},
    }


class HarnessConsole:
    """The console that an MCP server gets in tests: the real services over the harness's pipeline, except scanning and history."""

    is_open = True

    def __init__(self, harness: ToolHarness) -> None:
        store, environment = harness.store, harness.environment
        assert store is not None
        approvals = Approvals()
        harness.ask = approvals.ask
        self.harness = harness
        self.clock: Clock = environment.clock
        self.bus = Bus(asyncio.get_running_loop())
        self.events = EventsService(self.bus, approvals)
        self.cache = CacheService(store, self.clock, environment.find_resource, _do_nothing)
        self.clusters = HarnessClusters(environment)
        self.tools = HarnessTools(harness)
        self.calls = self.tools.calls


async def _do_nothing() -> None: ...


class HarnessClusters:
    def __init__(self, environment: ToolEnvironment) -> None:
        self._environment = environment

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        return await self._environment.find_resource(cluster, word)


class HarnessTools(ToolsService):
    """The real service; it records each call, and reads the policy of the harness each time."""

    def __init__(self, harness: ToolHarness) -> None:
        assert harness.store is not None
        pool = ClusterPool(NoContexts())
        super().__init__(
            lambda: harness.pipeline,
            lambda: AttachedServers((), harness.pipeline.registry, None, harness.environment.clock, harness.facts.append),
            store=harness.store,
            api_resources=ApiResources(harness.store, pool),
            selected=harness.environment.selected,
            face=Face.MCP,
            policy=harness.policy,
            start_task=lambda work: work.close(),
        )
        self.harness = harness
        self.calls: list[ToolCall] = []

    async def offered(self) -> list[ToolDescription]:
        self._policy = self.harness.policy
        return await super().offered()

    async def run(self, call: ToolCall, progress: Progress | None = None) -> ToolOutcome:
        self.calls.append(call)
        return await self.harness.pipeline.call(call, progress) if progress else await self.harness.pipeline.call(call)


@pytest.fixture
async def demo() -> AsyncIterator[DemoCluster]:
    async with DemoCluster(scenario="calm-shop", still=True, seed=7) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_demo() -> Iterator[DemoCluster]:
    """One demo cluster for all tests of a module that leave it as it is.

    Such a module says ``demo = shared_demo``, and its ``cluster``, ``harness`` and ``bare`` are on that one.
    """
    with DemoCluster.in_thread(scenario="calm-shop", still=True, seed=7) as cluster:
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


def make_environment(demo: DemoCluster, cluster: Cluster, store: Store | None) -> ToolEnvironment:
    kubeconfig = KubeconfigContexts([demo.kubeconfig])

    async def find(context: ClusterName, word: str) -> ApiResource:
        served = (await cluster.discover()).resources if "." in word else ()
        for resource in (*BUILTIN, *served):
            if resource.answers_to(word):
                return resource
        raise unknown_kind(word, BUILTIN)

    async def rivals(context: ClusterName, word: str, /, *, sure: bool = False) -> list[ApiResource]:
        return matching_kinds((await cluster.discover()).resources, word)[1:] if "." not in word and word not in _NAMES else []

    async def opened(context: ClusterName) -> Cluster:
        return cluster

    async def refresh(context: ClusterName, wanted: RefreshRequest) -> list[RefreshResult]:
        assert store is not None
        if wanted.resource and wanted.name:  # raises NotFoundError for an unknown name
            await cluster.get(wanted.resource, wanted.namespace or None, wanted.name)
        kinds = (wanted.resource.name,) if wanted.resource else SCANNED
        await scan(cluster, store, kinds)
        return [RefreshResult(each, 0, 0, 0, 0, 0.0) for each in kinds]

    return ToolEnvironment(
        refresh=refresh,
        clock=SystemClock(),
        store=store,
        contexts=kubeconfig.list,
        selected=lambda: (cluster.name,),
        open_cluster=opened,
        find_resource=find,
        rivals=rivals,
        table=lambda context, resource: find_table(resource),
        policy=Policy,
    )


def parsed(resource: str, table: KindTable, item: msgspec.Raw) -> ParsedObject:
    body = mask_body(resource, item)
    row = table.project(body)
    return ParsedObject(row.namespace, row.name, row.uid, row.resource_version, row.created_at, row.labels, row.owner, row.cells, body)


async def scan(cluster: Cluster, store: Store, kinds: Collection[str] = SCANNED) -> None:
    """List a few kinds once and write them to the store, as the scanner does."""
    clock = SystemClock()
    await store.metadata.record_cluster(ClusterRecord(cluster.name, "v1.36.0", cluster.server, 3, clock.now()))
    for resource in BUILTIN:
        if resource.name not in kinds:
            continue
        table = find_table(resource)
        scan_id = await store.objects.begin_scan(cluster.name, resource.name)
        count = 0
        async for page in cluster.pages(resource):
            objects = [parsed(resource.name, table, item) for item in page.items]
            count += len(objects)
            await store.objects.write(
                WriteBatch(
                    cluster.name,
                    resource.name,
                    clock.now(),
                    objects,
                    scan_id=scan_id,
                    columns=tuple(column.name for column in table.columns),
                )
            )
        await store.objects.finish_scan(cluster.name, resource.name, scan_id)
        state = ScanState(cluster.name, resource.name, ScanStatus.COMPLETED, clock.now(), confirmed_at=clock.now(), record_count=count)
        await store.metadata.record_scan(state)


@pytest.fixture
async def harness(demo: DemoCluster, cluster: Cluster, store: Store) -> AsyncIterator[ToolHarness]:
    """A harness with a freshly filled cache."""
    await scan(cluster, store)
    harness = ToolHarness(make_environment(demo, cluster, store))
    yield harness
    await harness.pipeline.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ToolHarness]:
    """One harness for all tests of a module, on the module's event loop: for tests that change nothing in the cluster."""
    async with DemoCluster(scenario="calm-shop", still=True, seed=7) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        store = await open_store(tmp_path_factory.mktemp("harness") / "cache.db")
        await scan(cluster, store)
        harness = ToolHarness(make_environment(demo, cluster, store))
        yield harness
        await harness.pipeline.close()
        await store.close()
        await cluster.close()


@pytest.fixture
async def bare(demo: DemoCluster, cluster: Cluster) -> ToolHarness:
    """A harness without a cache."""
    return ToolHarness(make_environment(demo, cluster, None))

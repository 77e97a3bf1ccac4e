"""The scanner against an API server over HTTP: the demo cluster, which dies, compacts, refuses and stops sending on request."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.users import PolicyRule, User
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan, is_read
from k8sconsole.store.port import RowQuery, Store
from k8sconsole.store.sqlite.open import open_store
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

PODS = next(resource for resource in BUILTIN if resource.name == "pods")
CONFIGMAPS = next(resource for resource in BUILTIN if resource.name == "configmaps")
LIMITED = User("limited", "limited-token", (), (PolicyRule(("get", "list", "watch"), ("configmaps", "pods"), ("default",)),))


class Site:
    """A demo cluster, a client for it, a store and a coordinator that fills it."""

    def __init__(self, demo: DemoCluster, cluster: Cluster, store: Store) -> None:
        self.demo, self.cluster, self.store = demo, cluster, store
        self.facts: list[Fact] = []
        self.coordinator = ScanCoordinator(store, plan=ScanPlan(metrics_interval=1.0), clock=SystemClock(), publish=self.facts.append)

    def states(self) -> list[ClusterState]:
        return [fact for fact in self.facts if isinstance(fact, ClusterState)]

    async def trusts(self, trust: ConnectionState) -> bool:
        return bool(self.states()) and self.states()[-1].connection is trust

    async def has(self, name: str, resource: ApiResource = CONFIGMAPS) -> bool:
        return bool((await self.store.objects.rows(RowQuery(resource.name, name=name))).rows)

    async def lacks(self, name: str, resource: ApiResource = CONFIGMAPS) -> bool:
        return not await self.has(name, resource)

    async def watches_everything(self) -> bool:
        watched = [state for state in await self.store.metadata.scan_states() if state.watching]
        kinds = [each for each in (await self.cluster.discover()).resources if is_read(each) and "watch" in each.verbs]
        return len(watched) == len(kinds)

    async def create(self, name: str, namespace: str = "default") -> None:
        body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}})
        await self.cluster.create(CONFIGMAPS, namespace, body.encode())


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with DemoCluster("calm-shop", still=True, users=(LIMITED,)) as demo:
        cluster = await _client(demo.kubeconfig)
        store = await open_store(tmp_path / "cache.db")
        made = Site(demo, cluster, store)
        yield made
        await made.coordinator.close()
        await store.close()
        await cluster.close()


async def _client(kubeconfig: Path) -> Cluster:
    contexts = KubeconfigContexts([kubeconfig])
    return await contexts.open(contexts.list()[0].name)


async def test_every_listable_kind_is_counted_as_the_server_counts_it(site: Site) -> None:
    kinds = [resource for resource in (await site.cluster.discover()).resources if is_read(resource)]

    async def counts_are_equal() -> bool:
        """The shop lives on between the two counts, so they may have to be taken again."""
        before = await _counted(site, kinds)
        reports = await site.coordinator.scan_once(site.cluster)
        assert not [report for report in reports if report.error]
        rows = {resource.name: (await site.store.objects.rows(RowQuery(resource.name))).total for resource in kinds}
        return {report.resource: report.objects for report in reports} == rows == before == await _counted(site, kinds)

    await wait_until(counts_are_equal, within=60.0)


async def _counted(site: Site, kinds: list[ApiResource]) -> dict[ResourceName, int]:
    return {resource.name: sum([len(page.items) async for page in site.cluster.pages(resource)]) for resource in kinds}


async def test_the_seed_tables_are_readable_with_plain_sqlite(site: Site) -> None:
    await site.coordinator.scan_once(site.cluster)
    (pod,) = (await site.store.query("SELECT namespace, name, status, phase, node_name, containers, ttl_expires_at FROM pods LIMIT 1")).rows
    assert all(pod)
    assert json.loads(pod[5])[0]["image"]
    (node,) = (await site.store.query("SELECT status, roles, capacity, allocatable, taints FROM nodes LIMIT 1")).rows
    assert json.loads(node[2])["cpu"]
    (service,) = (await site.store.query("SELECT type, cluster_ip, ports, selector FROM services WHERE name <> 'kubernetes' LIMIT 1")).rows
    assert json.loads(service[2])[0]["port"]
    (namespace,) = (await site.store.query("SELECT status, labels, annotations FROM namespaces WHERE name = 'default'")).rows
    assert namespace[0] == "Active"
    (cluster,) = (await site.store.query("SELECT version, api_server, node_count, ttl_expires_at FROM clusters")).rows
    assert cluster[0].startswith("v1.")
    assert cluster[2] > 0
    (meta,) = (await site.store.query("SELECT scan_status, record_count, last_scan_at FROM cache_metadata WHERE table_name = 'pods'")).rows
    assert meta[0] == "completed"


async def test_a_dead_server_and_its_return_are_published_within_seconds(site: Site) -> None:
    site.coordinator.start(site.cluster)
    await wait_until(site.watches_everything)
    await site.demo.refuse()
    await wait_until(lambda: site.trusts(ConnectionState.LOST), within=5.0)
    assert site.states()[-1].retry_at
    assert (await site.store.objects.rows(RowQuery(PODS.name))).total > 0
    await site.demo.resume()
    await wait_until(lambda: site.trusts(ConnectionState.LIVE), within=10.0)
    await site.create("after-the-return")
    await wait_until(lambda: site.has("after-the-return"))


async def test_a_compacted_server_is_listed_again(site: Site) -> None:
    site.coordinator.start(site.cluster)
    await wait_until(site.watches_everything)
    await site.demo.refuse()
    await wait_until(lambda: site.trusts(ConnectionState.LOST))
    site.demo.compact()
    await site.demo.resume()
    await site.create("after-the-compaction")
    await wait_until(lambda: site.has("after-the-compaction"))


async def test_a_cluster_that_falls_silent_is_lost_within_15_seconds_and_since_its_last_response(site: Site) -> None:
    clock = SystemClock()
    site.coordinator.start(site.cluster)
    await wait_until(site.watches_everything)
    await wait_until(lambda: site.states()[-1].connection is ConnectionState.LIVE)
    site.demo.pause()
    silent_since = clock.now()
    await wait_until(lambda: site.states()[-1].connection is ConnectionState.LOST)
    assert clock.now() - silent_since < 15
    assert site.states()[-1].seen_at == pytest.approx(silent_since, abs=4)
    await site.demo.resume()
    await wait_until(lambda: site.trusts(ConnectionState.LIVE), within=30.0)


async def test_a_user_of_one_namespace_sees_it_and_what_is_missing(site: Site) -> None:
    await site.create("mine")
    limited = await _client(site.demo.kubeconfig_for(LIMITED))
    site.coordinator.start(limited, home="default")
    await wait_until(lambda: site.has("mine"))
    await wait_until(lambda: site.trusts(ConnectionState.PARTIAL))
    await site.create("mine-too")
    await wait_until(lambda: site.has("mine-too"))
    await wait_until(lambda: _names(site, "nodes"))
    await site.coordinator.close()
    await limited.close()


async def _names(site: Site, word: str) -> bool:
    return any(word in reason for reason in site.states()[-1].missing)


async def test_an_api_group_that_falls_silent_and_answers_again_is_named_in_the_state_of_the_cluster(site: Site) -> None:
    site.coordinator.start(site.cluster)
    await wait_until(site.watches_everything)
    site.demo.silence_group("metrics.k8s.io")
    await wait_until(lambda: any(reason.startswith("metrics.k8s.io/v1beta1: ") for reason in site.states()[-1].missing))
    assert site.states()[-1].connection is ConnectionState.PARTIAL
    assert "pods.metrics.k8s.io" in {kind.name for kind in await site.store.metadata.resources(site.cluster.name)}
    site.demo.restore_group("metrics.k8s.io")
    await wait_until(lambda: site.states()[-1].connection is ConnectionState.LIVE and not site.states()[-1].missing)

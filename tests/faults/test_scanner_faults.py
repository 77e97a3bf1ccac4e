"""Faults of the network: the scanner reports each, recovers by itself, and the cache equals the cluster afterwards."""

import json
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from time import monotonic, time

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.demo.api.faults import Fault
from k8sconsole.demo.server import DemoCluster
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, ScanCompleted
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.store.port import RowQuery, ScanState, Store
from k8sconsole.store.sqlite.open import open_store
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

CONFIGMAPS = ApiResource("", "v1", "ConfigMap", "configmaps", True, verbs=("get", "list", "watch"))
NAMESPACES = ApiResource("", "v1", "Namespace", "namespaces", False, verbs=("get", "list", "watch"))
PATH = "/api/v1/configmaps"
GONE = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "message": "too old resource version: 1 (2)"}
BROKEN = {"kind": "Status", "status": "Failure", "reason": "InternalError", "code": 500, "message": "etcdserver: leader changed"}


def _error_event(status: dict[str, object]) -> bytes:
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"


ON_WATCH = {
    "410 as an answer": Fault(PATH, watch=True, code=410),
    "410 in an ERROR event": Fault(PATH, watch=True, instead=_error_event(GONE)),
    "500 in an ERROR event": Fault(PATH, watch=True, times=2, instead=_error_event(BROKEN)),
    "429, Retry-After in seconds": Fault(PATH, watch=True, code=429, headers={"Retry-After": "1"}),
    "429, Retry-After as a date": Fault(PATH, watch=True, code=429, headers={"Retry-After": formatdate(time() + 1, usegmt=True)}),
    "500": Fault(PATH, watch=True, times=3, code=500),
    "502 of a proxy": Fault(PATH, watch=True, times=3, code=502, instead=b"<html>Bad Gateway</html>"),
    "503": Fault(PATH, watch=True, times=3, code=503),
    "504": Fault(PATH, watch=True, times=3, code=504),
    "a line cut short": Fault(PATH, watch=True, instead=b'{"type":"ADDED","object":{"kind":"Conf'),
    "reset within an event": Fault(PATH, watch=True, instead=b'{"type":"ADDED","object":{"kind":"Conf', then="cut"),
    "garbage": Fault(PATH, watch=True, times=2, instead=b"\x00\xff<html>welcome to the airport</html>\n"),
    "an event that is none": Fault(PATH, watch=True, times=2, instead=b'{"type":"ADDED","object":7}\n'),
}
ON_LIST = {
    "an expired continue token": Fault(PATH, "continue=", watch=False, code=410),
    "reset within a page": Fault(PATH, watch=False, after=600, then="cut"),
    "a page cut short": Fault(PATH, watch=False, after=600),
    "429 on a page": Fault(PATH, watch=False, code=429, headers={"Retry-After": "1"}),
    "503 on a page": Fault(PATH, watch=False, times=2, code=503),
    "a portal's page": Fault(PATH, watch=False, instead=b"<html>please log in</html>"),
}


class Site:
    """A demo cluster, a scanner for it, and the facts that the scanner publishes."""

    def __init__(self, demo: DemoCluster, store: Store) -> None:
        self.demo, self.store, self.facts = demo, store, list[Fact]()
        self.contexts = KubeconfigContexts([demo.kubeconfig])
        self.name: ClusterName = self.contexts.list()[0].name

    async def begin(self, plan: ScanPlan | None = None) -> None:
        self.cluster = await self.contexts.open(self.name)
        self.coordinator = ScanCoordinator(self.store, plan=plan or ScanPlan(page=5), clock=SystemClock(), publish=self.facts.append)
        self.coordinator.start(self.cluster)
        await wait_until(self.watches)

    async def end(self) -> None:
        await self.coordinator.close()
        await self.cluster.close()

    async def state(self, resource: str = "configmaps") -> ScanState | None:
        return next((state for state in await self.store.metadata.scan_states() if state.resource == resource), None)

    async def watches(self, resource: str = "configmaps") -> bool:
        state = await self.state(resource)
        return state is not None and state.watching

    async def create(self, name: str) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}}
        await self.cluster.create(CONFIGMAPS, "default", json.dumps(body).encode())

    async def has(self, name: str) -> bool:
        return bool((await self.store.objects.rows(RowQuery(CONFIGMAPS.name, name=name))).rows)

    def count_lists(self, path: str = PATH) -> int:
        """How many lists of this kind were requested."""
        return len([request for request in self.demo.requests if request.startswith(path + "?limit") and "continue" not in request])

    async def has_failed_list(self, since: int) -> bool:
        state = await self.state()
        assert state is not None
        return any(isinstance(fact, ScanCompleted) and fact.error and fact.resource == "configmaps" for fact in self.facts[since:])

    def connection(self) -> ConnectionState:
        return next(fact.connection for fact in reversed(self.facts) if isinstance(fact, ClusterState))

    async def is_connected(self, connection: ConnectionState) -> bool:
        return self.connection() is connection


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with DemoCluster("calm-shop", still=True) as demo:
        store = await open_store(tmp_path / "cache.db")
        made = Site(demo, store)
        yield made
        await store.close()


async def _has_recovered(site: Site) -> bool:
    state = await site.state()
    return state is not None and state.watching and not state.error


async def test_every_fault_of_a_watch_is_reported_and_the_watch_recovers_without_a_list_unless_its_version_is_gone(site: Site) -> None:
    for number, (name, fault) in enumerate(ON_WATCH.items()):
        await site.begin()
        lists, facts, began = site.count_lists(), len(site.facts), monotonic()
        site.demo.plan_faults(fault)
        site.demo.end_watches()
        await wait_until(lambda facts=facts: site.has_failed_list(facts))
        reported = monotonic() - began
        await site.create(f"after-{number}")
        await wait_until(lambda number=number: site.has(f"after-{number}"))
        await wait_until(lambda: _has_recovered(site))
        print(f"{name:30} reported {reported:5.2f} s, recovered {monotonic() - began:5.2f} s, lists {site.count_lists() - lists}")
        assert site.count_lists() - lists == (1 if "410" in name else 0), name
        assert fault.times == 0, name
        await site.end()


async def test_every_fault_of_a_list_is_reported_and_the_next_list_is_complete(site: Site) -> None:
    await site.begin()
    for number in range(12):
        await site.create(f"many-{number}")
    await site.end()
    for name, fault in ON_LIST.items():
        await site.begin()
        began, facts = monotonic(), len(site.facts)
        site.demo.plan_faults(fault)
        await site.coordinator.refresh(site.name, CONFIGMAPS.name)
        await wait_until(lambda: _has_recovered(site))
        print(f"{name:30} reported {await site.has_failed_list(facts)}, recovered {monotonic() - began:5.2f} s")
        assert await site.has_failed_list(facts), name
        there = sum([len(page.items) async for page in site.cluster.pages(CONFIGMAPS)])
        assert (await site.store.objects.rows(RowQuery(CONFIGMAPS.name))).total == there, name
        assert fault.times == 0, name
        await site.end()

"""Creates a whole load in order: nodes, namespaces, the objects that pods refer to, pods. Then waits until the pods run."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load import shapes
from benchmarks.load.client import ApiRefused, Client
from benchmarks.load.plan import App, Plan
from benchmarks.load.writers import Item, Progress, Tally, create_all
from tests.control_plane.nodes import node

_CORE = "/api/v1"
_PODS = f"{_CORE}/pods"
_SAMPLE = 50


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a plan is carried out."""

    direct: bool
    writers: int
    run_timeout: float
    """Seconds from the last creation until all pods must run."""


class Generator:
    """Carries out one plan on one cluster. A second run creates only what is missing."""

    def __init__(self, client: Client, plan: Plan, options: LoadOptions, progress: Progress) -> None:
        self._client = client
        self._plan = plan
        self._options = options
        self._progress = progress
        self._tally = Tally()

    async def run(self) -> dict[str, Any]:
        """Creates, waits, and returns the summary. Its ``ok`` says whether all pods ran in time."""
        began = time.monotonic()
        apps = self._plan.apps()
        await self._create_prerequisites(apps)
        if self._options.direct:
            await self._create_pods(apps)
        else:
            await self._create("deployments", (Item(_apps_path(app), shapes.deployment(app)) for app in apps), len(apps))
        created = time.monotonic()
        running = await self._wait_until_running()
        ended = time.monotonic()
        return {
            "ok": running >= self._plan.pods,
            "mode": "direct" if self._options.direct else "deployments",
            "pods": self._plan.pods,
            "running": running,
            "nodes": self._plan.nodes,
            "namespaces": self._plan.namespaces,
            "created": dict(self._tally.created),
            "existing": dict(self._tally.existing),
            "bytes_per_pod": await self._average_pod_size(),
            "seconds": {
                "creating": round(created - began, 1),
                "until_running": round(ended - created, 1),
                "total": round(ended - began, 1),
            },
        }

    async def _create_prerequisites(self, apps: Sequence[App]) -> None:
        nodes, spaces = self._plan.node_names(), self._plan.namespace_names()
        await self._create("nodes", (Item(f"{_CORE}/nodes", node(name, number)) for number, name in enumerate(nodes)), len(nodes))
        await self._create("namespaces", (Item(f"{_CORE}/namespaces", shapes.namespace(name)) for name in spaces), len(spaces))
        for name in spaces:
            await self._wait_for_service_account(name)
        references = [item for app in apps for item in _references(app)]
        await self._create("what pods refer to", references, len(references))

    async def _wait_for_service_account(self, namespace: str) -> None:
        """The API server refuses pods until the namespace has its service account."""
        deadline = time.monotonic() + 60
        while not await self._client.exists(f"{_CORE}/namespaces/{namespace}/serviceaccounts/default"):
            if time.monotonic() > deadline:
                raise ApiRefused(f"namespace {namespace} got no service account within 60 s; is a controller manager running?")
            await asyncio.sleep(0.1)

    async def _create_pods(self, apps: Sequence[App]) -> None:
        present = set(await self._client.names(_PODS, labelSelector=shapes.SELECTOR))
        self._tally.existing["Pod"] = len(present)
        await self._create("pods", self._missing_pods(apps, present), self._plan.pods - len(present))

    def _missing_pods(self, apps: Sequence[App], present: set[str]) -> Iterator[Item]:
        nodes = self._plan.node_names()
        places = ((app, name) for app in apps for name in app.pod_names())
        for number, (app, name) in enumerate(places):
            if name not in present:
                yield Item(f"{_CORE}/namespaces/{app.namespace}/pods", shapes.pod(app, name, nodes[number % len(nodes)]))

    async def _create(self, label: str, items: Iterable[Item], total: int) -> None:
        await create_all(self._client, label, items, total, self._options.writers, self._tally, self._progress)

    async def _wait_until_running(self) -> int:
        """Returns how many pods of the load run: all, or as many as did at the timeout."""
        deadline = time.monotonic() + self._options.run_timeout
        while True:
            requested = time.monotonic()
            running = len(await self._client.names(_PODS, labelSelector=shapes.SELECTOR, fieldSelector="status.phase=Running"))
            answered = time.monotonic()
            self._progress.show("running", running, self._plan.pods)
            if running >= self._plan.pods or answered > deadline:
                return running
            # A request costs the server, too: at most a tenth of its time, and at most one a second.
            await asyncio.sleep(max(1.0, 9 * (answered - requested)))

    async def _average_pod_size(self) -> int:
        """Average bytes of compact JSON of a pod, over one page."""
        page = (await self._client.get(_PODS, labelSelector=shapes.SELECTOR, limit=str(_SAMPLE)))["items"]
        return sum(len(json.dumps(pod, separators=(",", ":"))) for pod in page) // max(1, len(page))


def _apps_path(app: App) -> str:
    return f"/apis/apps/v1/namespaces/{app.namespace}/deployments"


def _references(app: App) -> Iterator[Item]:
    base = f"{_CORE}/namespaces/{app.namespace}"
    yield Item(f"{base}/configmaps", shapes.config_map(app))
    yield Item(f"{base}/secrets", shapes.secret(app))
    yield Item(f"{base}/services", shapes.service(app))

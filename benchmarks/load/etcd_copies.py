"""Creates tens of thousands of running pods within a minute.

One pod of each app is created through the API. Its copies are written into etcd.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.etcd import PODS, Etcd
from benchmarks.load import shapes
from benchmarks.load.client import Client
from benchmarks.load.plan import PODS_PER_APP, App, Plan
from benchmarks.load.writers import Item, Progress, Tally, create_all
from tests.control_plane.nodes import node

Object = dict[str, Any]
_CORE = "/api/v1"
_STARTED = "2026-01-01T00:00:00Z"
_ADDRESS = "10.100.100.100"
MARK = "churn-000000000"
"""The value of an annotation of every pod. A benchmark changes a pod by writing another value of this length."""


async def fill(client: Client, etcd: Etcd, plan: Plan, *, existing: int = 0, writers: int = 32) -> dict[str, Any]:
    """Fills a control plane of etcd and an API server alone, where no controller deletes the pods.

    existing: pods of a smaller load that this one continues. Returns what was created and the seconds it took.
    """
    tally, progress, began = Tally(), Progress(), time.monotonic()
    apps = plan.apps()[existing // PODS_PER_APP :]
    for kind, items in _prerequisites(plan, apps):
        await create_all(client, kind, items, len(items), writers, tally, progress)
    await asyncio.gather(*(_set_running(client, app) for app in apps))
    for app in apps:
        await etcd.put_all(await _copy_pods(etcd, app, plan.node_names()))
        tally.created["Pod"] += app.replicas - 1
    return {"mode": "copied", "created": dict(tally.created), "seconds": round(time.monotonic() - began, 1)}


def _prerequisites(plan: Plan, apps: Sequence[App]) -> Iterator[tuple[str, list[Item]]]:
    nodes, spaces = plan.node_names(), plan.namespace_names()
    yield "nodes", [Item(f"{_CORE}/nodes", _mark_ready(node(name, number))) for number, name in enumerate(nodes)]
    yield "namespaces", [Item(f"{_CORE}/namespaces", shapes.namespace(name)) for name in spaces]
    yield "accounts", [Item(f"{_CORE}/namespaces/{name}/serviceaccounts", _service_account()) for name in spaces]
    yield "what pods refer to", [item for app in apps for item in _references(app)]
    yield "first pods", [Item(f"{_CORE}/namespaces/{app.namespace}/pods", _first_pod(app, nodes[0])) for app in apps]


def _references(app: App) -> Iterator[Item]:
    base = f"{_CORE}/namespaces/{app.namespace}"
    yield Item(f"{base}/configmaps", shapes.config_map(app))
    yield Item(f"{base}/secrets", shapes.secret(app))
    yield Item(f"{base}/services", shapes.service(app))
    yield Item(f"/apis/apps/v1/namespaces/{app.namespace}/deployments", shapes.deployment(app))


def _mark_ready(made: Object) -> Object:
    made["status"]["conditions"] = [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": _STARTED}]
    return made


def _service_account() -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}


def _first_pod(app: App, on: str) -> Object:
    pod = shapes.pod(app, next(app.pod_names()), on)
    pod["metadata"]["annotations"]["example.com/mark"] = MARK
    pod["spec"]["tolerations"] = [{"operator": "Exists"}]
    return pod


async def _set_running(client: Client, app: App) -> None:
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": _STARTED}
        for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    container = shapes.pod(app, "", "")["spec"]["containers"][0]
    state = {"name": container["name"], "image": container["image"], "imageID": "", "ready": True, "started": True, "restartCount": 0}
    status = {
        "phase": "Running",
        "hostIP": "10.0.0.1",
        "podIP": _ADDRESS,
        "podIPs": [{"ip": _ADDRESS}],
        "startTime": _STARTED,
        "conditions": conditions,
        "containerStatuses": [{**state, "state": {"running": {"startedAt": _STARTED}}}],
    }
    await client.merge(f"{_CORE}/namespaces/{app.namespace}/pods/{next(app.pod_names())}/status", {"status": status})


async def _copy_pods(etcd: Etcd, app: App, nodes: Sequence[str]) -> list[tuple[str, bytes]]:
    """The other pods of an app as (etcd key, value). Name, uid, address and node are as long as in the first."""
    first, *others = app.pod_names()
    stored = await etcd.get(f"{PODS}{app.namespace}/{first}")
    begin = stored.index(b"*$") + 2  # field 5 of ObjectMeta, 36 bytes
    uid = stored[begin : begin + 36]
    return [
        (
            f"{PODS}{app.namespace}/{name}",
            stored.replace(first.encode(), name.encode())
            .replace(uid, str(uuid.uuid4()).encode())
            .replace(_ADDRESS.encode(), _pod_address(app.number * len(others) + number).encode())
            .replace(nodes[0].encode(), nodes[(app.number * len(others) + number) % len(nodes)].encode()),
        )
        for number, name in enumerate(others, 1)
    ]


def _pod_address(number: int) -> str:
    """An address with three digits in each of the last three parts."""
    places = (number // 22500 % 150, number // 150 % 150, number % 150)
    return ".".join(["10", *(str(100 + place) for place in places)])

"""Tens of thousands of running pods within a minute: one of each app is made through the API, its copies are written into etcd."""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.etcd import PODS, Etcd
from benchmarks.load import shapes
from benchmarks.load.client import Client
from benchmarks.load.plan import PODS_PER_APP, App, Plan
from benchmarks.load.writing import Item, Progress, Tally, create_all
from tests.control_plane.nodes import node

Object = dict[str, Any]
_CORE = "/api/v1"
_STARTED = "2026-01-01T00:00:00Z"
_ADDRESS = "10.100.100.100"
MARK = "churn-000000000"
"""An annotation's value that every pod has: whoever wants a change writes another of this length."""


async def fill(client: Client, etcd: Etcd, plan: Plan, *, standing: int = 0, writers: int = 32) -> dict[str, Any]:
    """A control plane of etcd and an API server alone, where nobody would take the pods for lost. What was made, and in what time.
    standing: pods of a smaller load that this one continues."""
    tally, progress, began = Tally(), Progress(), time.monotonic()
    apps = plan.apps()[standing // PODS_PER_APP :]
    for what, items in _ground(plan, apps):
        await create_all(client, what, items, len(items), writers, tally, progress)
    await asyncio.gather(*(_run(client, app) for app in apps))
    for app in apps:
        await etcd.put_all(await _copies(etcd, app, plan.node_names()))
        tally.created["Pod"] += app.replicas - 1
    return {"mode": "copied", "created": dict(tally.created), "seconds": round(time.monotonic() - began, 1)}


def _ground(plan: Plan, apps: Sequence[App]) -> Iterator[tuple[str, list[Item]]]:
    nodes, spaces = plan.node_names(), plan.namespace_names()
    yield "nodes", [Item(f"{_CORE}/nodes", _ready(node(name, number))) for number, name in enumerate(nodes)]
    yield "namespaces", [Item(f"{_CORE}/namespaces", shapes.namespace(name)) for name in spaces]
    yield "accounts", [Item(f"{_CORE}/namespaces/{name}/serviceaccounts", _account()) for name in spaces]
    yield "what pods refer to", [item for app in apps for item in _references(app)]
    yield "first pods", [Item(f"{_CORE}/namespaces/{app.namespace}/pods", _first(app, nodes[0])) for app in apps]


def _references(app: App) -> Iterator[Item]:
    base = f"{_CORE}/namespaces/{app.namespace}"
    yield Item(f"{base}/configmaps", shapes.config_map(app))
    yield Item(f"{base}/secrets", shapes.secret(app))
    yield Item(f"{base}/services", shapes.service(app))
    yield Item(f"/apis/apps/v1/namespaces/{app.namespace}/deployments", shapes.deployment(app))


def _ready(made: Object) -> Object:
    made["status"]["conditions"] = [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": _STARTED}]
    return made


def _account() -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}


def _first(app: App, on: str) -> Object:
    pod = shapes.pod(app, next(app.pod_names()), on)
    pod["metadata"]["annotations"]["example.com/mark"] = MARK
    pod["spec"]["tolerations"] = [{"operator": "Exists"}]
    return pod


async def _run(client: Client, app: App) -> None:
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


async def _copies(etcd: Etcd, app: App, nodes: Sequence[str]) -> list[tuple[str, bytes]]:
    """The others of an app: another name, uid, address and node, each as long as in the first."""
    first, *others = app.pod_names()
    stored = await etcd.get(f"{PODS}{app.namespace}/{first}")
    begin = stored.index(b"*$") + 2  # field 5 of ObjectMeta, 36 bytes
    uid = stored[begin : begin + 36]
    return [
        (
            f"{PODS}{app.namespace}/{name}",
            stored.replace(first.encode(), name.encode())
            .replace(uid, str(uuid.uuid4()).encode())
            .replace(_ADDRESS.encode(), _address(app.number * len(others) + number).encode())
            .replace(nodes[0].encode(), nodes[(app.number * len(others) + number) % len(nodes)].encode()),
        )
        for number, name in enumerate(others, 1)
    ]


def _address(number: int) -> str:
    """Always of three digits in each of the last three places."""
    places = (number // 22500 % 150, number // 150 % 150, number % 150)
    return ".".join(["10", *(str(100 + place) for place in places)])

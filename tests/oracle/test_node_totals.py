"""What pods request and are limited to, ours beside ``kubectl describe node`` on a real API server."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from k8sconsole.model.describe import describe, list_related
from k8sconsole.model.quantities import parse_quantity
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables.pods import PODS
from tests.control_plane.nodes import node as make_node
from tests.control_plane.plane import ControlPlane
from tests.oracle.amount_samples import OVERHEADS, make_pod, make_runtime_class, make_status
from tests.oracle.dice import Dice

pytestmark = [pytest.mark.real, pytest.mark.long]

NODES = next(each for each in BUILTIN if each.plural == "nodes")
COUNT = 150
Share = tuple[Any, int]
"""An amount and its percentage of the node."""

_SHARE = re.compile(r"(\S+) \((\d+)%\)")


def _shares(text: str) -> list[Share]:
    return [(parse_quantity(amount), int(percent)) for amount, percent in _SHARE.findall(text)]


def read_kubectl(text: str) -> tuple[dict[str, list[Share]], dict[str, list[Share]]]:
    """The shares of each pod: CPU requests and limits, memory requests and limits; and of each resource: requests and limits."""
    pods_text, _, totals_text = text.partition("Non-terminated Pods:")[2].partition("Allocated resources:")
    pods = {f"{words[0]}/{words[1]}": _shares(line) for line in pods_text.splitlines()[3:] if len(words := line.split()) > 2}
    totals_text = totals_text.partition("Events:")[0]
    return pods, {line.split()[0]: _shares(line) for line in totals_text.splitlines() if _SHARE.search(line)}


def read_ours(node: dict[str, Any], pods: list[dict[str, Any]]) -> tuple[dict[str, list[Share]], dict[str, list[Share]]]:
    [query, _] = list_related("nodes", node)
    sections = {each.title: each.lines for each in describe(NODES, node, [], time.time(), {query.resource: pods})}
    lines = next(lines for title, lines in sections.items() if title.startswith("Pods ("))
    shown = {line.label: _shares(re.sub("no limit", "0 (0%)", line.text)) for line in lines}
    return shown, {line.label: _shares(line.text) for line in sections["Allocated resources"]}


@pytest.fixture
def crowded_node(control_plane: ControlPlane, real_namespace: str) -> Iterator[str]:
    """A node with generated pods in the namespace."""
    dice, name = Dice(15, time.time()), f"sums-{secrets.token_hex(3)}"
    for runtime in OVERHEADS:
        if not control_plane.api.exists(f"/apis/node.k8s.io/v1/runtimeclasses/{runtime}"):
            control_plane.api.create("/apis/node.k8s.io/v1/runtimeclasses", make_runtime_class(runtime))
    body = make_node(name)
    body["status"]["capacity"]["example.com/gpu"] = body["status"]["allocatable"]["example.com/gpu"] = "400"
    control_plane.api.create("/api/v1/nodes", body)
    pods = f"/api/v1/namespaces/{real_namespace}/pods"
    for number in range(COUNT):
        made = control_plane.api.create(pods, make_pod(dice, f"p{number}", name))
        if dice.chance(0.3):
            control_plane.api.patch(f"{pods}/p{number}/status", {"status": make_status(dice, made)})
    yield name
    control_plane.api.delete(f"/api/v1/nodes/{name}")


def test_a_nodes_pods_and_totals_are_those_of_kubectl(control_plane: ControlPlane, real_namespace: str, crowded_node: str) -> None:
    text = control_plane.kubectl("describe", "node", crowded_node)
    pods = json.loads(control_plane.kubectl("get", "pods", "-n", real_namespace, "-o", "json"))["items"]
    node = json.loads(control_plane.kubectl("get", "node", crowded_node, "-o", "json"))
    (their_pods, their_totals), (our_pods, our_totals) = read_kubectl(text), read_ours(node, pods)
    assert len(their_pods) == COUNT
    assert our_pods == their_pods
    gpus = re.search(r"example.com/gpu +(\d+) +(\d+)", text)  # kubectl has no share of an extended resource
    assert gpus is not None
    assert [amount for amount, _ in our_totals.pop("example.com/gpu")] == [int(amount) for amount in gpus.groups()]
    assert our_totals == their_totals
    rows = [PODS.project(msgspec.json.encode(pod)).cells for pod in pods]
    for column, resource, side in (("CPU/R", "cpu", 0), ("CPU/L", "cpu", 1), ("MEM/R", "memory", 0), ("MEM/L", "memory", 1)):
        at = PODS.index(column)
        total = sum(cells[at] or 0 for cells in rows if at is not None)
        assert total == their_totals[resource][side][0] * (1000 if resource == "cpu" else 1), column

"""Nodes that exist only as objects. kwok keeps them ready and marks their pods as running."""

from typing import Any

_ZONES = ("zone-a", "zone-b", "zone-c")
_RESOURCES = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "512Gi", "pods": "250"}


def node(name: str, number: int = 0) -> dict[str, Any]:
    """A Node of 32 cores, 128 GiB and 250 pods; ``number`` spreads a row of them over three zones."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": "simulated.8xlarge",
        "topology.kubernetes.io/region": "region-1",
        "topology.kubernetes.io/zone": _ZONES[number % len(_ZONES)],
        "node-role.kubernetes.io/worker": "",
    }
    # metrics-server scrapes kwok, which serves all nodes from one address and distinguishes them by path.
    annotations = {"metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "status": {"capacity": dict(_RESOURCES), "allocatable": dict(_RESOURCES)},
    }


def settled(node: dict[str, Any]) -> bool:
    """Whether pods can be scheduled on a node: it is Ready and has no taint."""
    conditions = node.get("status", {}).get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")

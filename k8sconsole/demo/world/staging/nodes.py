"""Nodes as their kubelets register them."""

from typing import Any

from k8sconsole.demo.world.amounts import format_quantity, parse_quantity
from k8sconsole.demo.world.seeds import hex_digest
from k8sconsole.demo.world.staging.scenario_file import NodePool

Json = dict[str, Any]
VERSION = "v1.36.3"
_ZONES = ("a", "b", "c")
_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def build_pool(pool: NodePool, first: int, timestamp: str) -> list[Json]:
    """The nodes of a pool. `first` is the cluster-wide number of its first node, which determines the addresses."""
    return [build_node(pool, f"{pool.name}-{number:02d}", first + number - 1, timestamp) for number in range(1, pool.count + 1)]


def build_node(pool: NodePool, name: str, index: int, timestamp: str) -> Json:
    zone = f"eu-demo-1{_ZONES[index % len(_ZONES)]}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": f"demo.{pool.cpu}x{pool.memory.lower()}",
        "topology.kubernetes.io/region": "eu-demo-1",
        "topology.kubernetes.io/zone": zone,
        **pool.labels,
    }
    cidr = f"10.{64 + index // 256}.{index % 256}.0/24"
    spec = {"podCIDR": cidr, "podCIDRs": [cidr], "providerID": f"demo://{zone}/{name}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": spec | ({"taints": pool.taints} if pool.taints else {}),
        "status": _node_status(pool, name, index, timestamp),
    }


def with_disk_pressure(listed: list[Json], timestamp: str) -> list[Json]:
    """A node's conditions, with DiskPressure set to True at `timestamp`."""
    pressure = {"status": "True", "reason": "KubeletHasDiskPressure", "message": "kubelet has disk pressure"}
    times = {"lastHeartbeatTime": timestamp, "lastTransitionTime": timestamp}
    return [{**each, **pressure, **times} if each["type"] == "DiskPressure" else each for each in listed]


def _node_status(pool: NodePool, name: str, index: int, timestamp: str) -> Json:
    capacity = {"cpu": pool.cpu, "memory": pool.memory, "ephemeral-storage": "100Gi", "pods": pool.pods, "hugepages-2Mi": "0"}
    reserved = {
        "cpu": format_quantity("cpu", parse_quantity(pool.cpu) - 100),
        "memory": format_quantity("memory", parse_quantity(pool.memory) - parse_quantity("1Gi")),
    }
    times = {"lastHeartbeatTime": timestamp, "lastTransitionTime": timestamp}
    return {
        "capacity": capacity,
        "allocatable": capacity | reserved,
        "conditions": [dict(zip(("type", "status", "reason", "message"), each, strict=True)) | times for each in _CONDITIONS],
        "addresses": [{"type": "InternalIP", "address": f"10.0.{index // 250}.{index % 250 + 4}"}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _node_info(name),
    }


def _node_info(name: str) -> Json:
    return {
        "machineID": hex_digest(32, "machine", name),
        "systemUUID": hex_digest(32, "system", name),
        "bootID": hex_digest(32, "boot", name),
        "kernelVersion": "6.12.48-demo",
        "osImage": "Demo Linux 13",
        "containerRuntimeVersion": "containerd://2.2.0",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": VERSION,
        "operatingSystem": "linux",
        "architecture": "amd64",
    }

"""The configuration of kwok, which simulates kubelets: logs, exec, attach, port-forward and resource usage.

The objects are of ``kwok.x-k8s.io/v1alpha1`` (kwok.sigs.k8s.io/docs/user); kwok reads them from one file at its start.
Stages of a test's own may be added to them: crash loops, slow starts, kills.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

CPU = "90m"
MEMORY = "120Mi"

# kwok moves four pods at a time by default, each move a round trip to a server that is busy under load.
_EAGER = {"podPlayStageParallelism": 32, "nodePlayStageParallelism": 8, "nodeLeaseParallelism": 8, "podsOnNodeSyncParallelism": 8}

_POD = (("namespace", "pod.metadata.namespace"), ("pod", "pod.metadata.name"))
_CONTAINER = (("container", "container.name"), *_POD)
# name, of what, type, the labels and the value as CEL: the few series that metrics-server reads from a kubelet.
_SERIES = (
    ("scrape_error", "node", "gauge", (), "0"),
    ("container_start_time_seconds", "container", "gauge", _CONTAINER, "pod.SinceSecond()"),
    ("container_cpu_usage_seconds_total", "container", "counter", _CONTAINER, 'pod.CumulativeUsage("cpu", container.name)'),
    ("container_memory_working_set_bytes", "container", "gauge", _CONTAINER, 'pod.Usage("memory", container.name)'),
    ("pod_cpu_usage_seconds_total", "pod", "counter", _POD, 'pod.CumulativeUsage("cpu")'),
    ("pod_memory_working_set_bytes", "pod", "gauge", _POD, 'pod.Usage("memory")'),
    ("node_cpu_usage_seconds_total", "node", "counter", (), 'node.CumulativeUsage("cpu")'),
    ("node_memory_working_set_bytes", "node", "gauge", (), 'node.Usage("memory")'),
)


def write_configuration(path: Path, *, log: Path, workdir: Path, forward_to: int, extra: Iterable[dict[str, Any]] = ()) -> Path:
    """Write kwok's configuration; returns ``path``.

    Every container logs the file ``log``, runs commands in ``workdir`` as real processes, and forwards each of its ports
    to ``forward_to`` on this machine.
    """
    target = {"port": forward_to, "address": "127.0.0.1"}
    usage = {resource: {"expression": f'Quantity("{value}")'} for resource, value in (("cpu", CPU), ("memory", MEMORY))}
    objects = [
        {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokConfiguration", "options": _EAGER},
        _object("ClusterLogs", {"logs": [{"logsFile": str(log), "follow": True}]}),
        _object("ClusterAttach", {"attaches": [{"logsFile": str(log)}]}),
        _object("ClusterExec", {"execs": [{"local": {"workDir": str(workdir)}}]}),
        _object("ClusterPortForward", {"forwards": [{"target": target}]}),
        _object("ClusterResourceUsage", {"usages": [{"usage": usage}]}),
        _object("Metric", {"path": "/metrics/nodes/{nodeName}/metrics/resource", "metrics": [_metric(*row) for row in _SERIES]}),
        *extra,
    ]
    path.write_text(yaml.safe_dump_all(objects, sort_keys=False))
    return path


def log_line(text: str, stream: str = "stdout") -> str:
    """One line as a container runtime writes it to disk, stamped now."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    return f"{stamp} {stream} F {text}\n"


def _object(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": "every-pod"}, "spec": spec}


def _metric(name: str, dimension: str, kind: str, labels: Iterable[tuple[str, str]], value: str) -> dict[str, Any]:
    named = [{"name": label, "value": expression} for label, expression in labels]
    return {"name": name, "dimension": dimension, "kind": kind, "help": name, "labels": named, "value": value}

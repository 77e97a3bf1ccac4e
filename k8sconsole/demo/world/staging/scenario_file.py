"""The words of a scenario file. What each means to a reader is told in docs/demo.md; unknown words are refused."""

import re
from datetime import timedelta
from typing import Any

import msgspec

from k8sconsole.demo.world.behaviour import Behaviour, ImageRegistry, RolloutSchedule

Json = dict[str, Any]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class NodePool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes of one make: `name-01`, `name-02`, …"""

    name: str
    count: int = 1
    cpu: str = "8"
    memory: str = "32Gi"
    pods: str = "110"
    age: str = "40d"
    labels: dict[str, str] = {}
    taints: list[Json] = []


class DiskPressure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node that runs out of disk."""

    node: str
    at: str


class NamespaceSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A namespace."""

    age: str = "30d"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    quota: dict[str, str] = {}
    deleted: str = ""


class ImageRelease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A later image of a workload, rolled out so long ago."""

    image: str
    at: str
    cause: str = ""


class AutoscalerSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A HorizontalPodAutoscaler over CPU."""

    min: int = 2
    max: int = 6
    cpu: int = 70


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim template of a StatefulSet, or a claim of its own for anything else."""

    size: str
    path: str = "/data"
    storage_class: str = "standard"


class WorkloadSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod, and what usually surrounds it."""

    name: str
    namespace: str
    image: str
    kind: str = "Deployment"
    age: str = "14d"
    replicas: int = 1
    container: str = "app"
    command: list[str] = []
    args: list[str] = []
    port: int = 0
    env: dict[str, str] = {}
    secret_env: dict[str, str] = {}
    """Variable → `secret/key`."""
    config: str = ""
    requests: dict[str, str] = msgspec.field(default_factory=lambda: {"cpu": "50m", "memory": "64Mi"})
    limits: dict[str, str] = {}
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    probe: str = ""
    init: str = ""
    sidecar: str = ""
    service: str = "ClusterIP"
    host: str = ""
    hpa: AutoscalerSpec | None = None
    pdb: int | str | None = None
    disk: DiskSpec | None = None
    node_selector: dict[str, str] = {}
    tolerations: list[Json] = []
    priority: str = ""
    account: str = "default"
    host_network: bool = False
    strategy: Json = {}
    deadline: int = 600
    schedule: str = ""
    job: Json = {}
    history: list[ImageRelease] = []
    behaviour: Json = {}


class CertificateSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A self-signed certificate in a TLS secret; `expires` is days from now, negative for the past."""

    name: str
    namespace: str
    host: str
    expires: int
    age: str = "90d"


class ChartRevision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One installation or upgrade: `version` of the chart, `app` of what it installs, `values` that somebody gave."""

    version: str
    app: str
    at: str
    values: Json = {}
    status: str = ""
    description: str = ""


class ChartRelease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Helm release: its revisions, oldest first; `defaults` are the chart's own values."""

    name: str
    namespace: str
    chart: str
    revisions: list[ChartRevision]
    defaults: Json = {}


class ScenarioFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario file. With `extends`, the other file's lists come first and its maps are kept where this one says nothing."""

    description: str = ""
    extends: str = ""
    nodes: list[NodePool] = []
    namespaces: dict[str, NamespaceSpec] = {}
    workloads: list[WorkloadSpec] = []
    objects: list[Json] = []
    certificates: list[CertificateSpec] = []
    releases: list[ChartRelease] = []
    pressures: list[DiskPressure] = []
    behaviours: list[Behaviour] = []
    registry: ImageRegistry = ImageRegistry()
    life: RolloutSchedule = RolloutSchedule()
    large: Json = {}


def merge_scenarios(base: ScenarioFile, more: ScenarioFile) -> ScenarioFile:
    """One script on top of another; its behaviours are asked first."""
    return msgspec.structs.replace(
        base,
        description=more.description or base.description,
        nodes=[*base.nodes, *more.nodes],
        namespaces={**base.namespaces, **more.namespaces},
        workloads=[*base.workloads, *more.workloads],
        objects=[*base.objects, *more.objects],
        certificates=[*base.certificates, *more.certificates],
        releases=[*base.releases, *more.releases],
        pressures=[*base.pressures, *more.pressures],
        behaviours=[*more.behaviours, *base.behaviours],
        registry=ImageRegistry(tags={**base.registry.tags, **more.registry.tags}, missing=base.registry.missing),
        life=more.life if more.life.rollouts else base.life,
    )


def parse_duration(text: str) -> timedelta:
    """`3d`, `2h30m`, `45s`. Raises ValueError for anything else."""
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise ValueError(f"not a duration: {text!r}")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))

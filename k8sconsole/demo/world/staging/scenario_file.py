"""The keys of a scenario file. docs/demo.md describes them; unknown keys are rejected."""

import re
from datetime import timedelta
from typing import Any

import msgspec

from k8sconsole.demo.world.behaviour import Behaviour, ImageRegistry, RolloutSchedule

Json = dict[str, Any]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class NodePool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Equal nodes, named `name-01`, `name-02`, …"""

    name: str
    count: int = 1
    cpu: str = "8"
    memory: str = "32Gi"
    pods: str = "110"
    age: str = "40d"
    labels: dict[str, str] = {}
    taints: list[Json] = []


class DiskPressure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node that comes under disk pressure; `at` is how long ago."""

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
    """A later image of a workload; `at` is how long ago it was rolled out."""

    image: str
    at: str
    cause: str = ""


class AutoscalerSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A HorizontalPodAutoscaler on CPU utilisation in percent."""

    min: int = 2
    max: int = 6
    cpu: int = 70


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim template of a StatefulSet, or a separate claim of any other workload."""

    size: str
    path: str = "/data"
    storage_class: str = "standard"


class WorkloadSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod, with its service, ingress, config and volumes."""

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
    """One install or upgrade: the chart's `version`, the `app` version, the user's `values`."""

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
    """A scenario file. With `extends`, the other file's lists come first, and its map entries are kept unless this file sets them."""

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


def merge_scenarios(base: ScenarioFile, extension: ScenarioFile) -> ScenarioFile:
    """Merge a file onto the file it extends. Its behaviours match first."""
    return msgspec.structs.replace(
        base,
        description=extension.description or base.description,
        nodes=[*base.nodes, *extension.nodes],
        namespaces={**base.namespaces, **extension.namespaces},
        workloads=[*base.workloads, *extension.workloads],
        objects=[*base.objects, *extension.objects],
        certificates=[*base.certificates, *extension.certificates],
        releases=[*base.releases, *extension.releases],
        pressures=[*base.pressures, *extension.pressures],
        behaviours=[*extension.behaviours, *base.behaviours],
        registry=ImageRegistry(tags={**base.registry.tags, **extension.registry.tags}, missing=base.registry.missing),
        life=extension.life if extension.life.rollouts else base.life,
    )


def parse_duration(text: str) -> timedelta:
    """`3d`, `2h30m`, `45s`. Raises ValueError for anything else."""
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise ValueError(f"not a duration: {text!r}")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))

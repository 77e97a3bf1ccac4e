"""The few fields that the cache file's typed tables (pods, nodes, services, namespaces) show to a plain SQL client, read from the masked
body."""

from collections.abc import Callable
from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.tables import KindTable, Projection

_NOTHING = msgspec.Raw(b"{}")
_NONE_OF_THEM = msgspec.Raw(b"[]")
_ROLE = "node-role.kubernetes.io/"


class Shape(msgspec.Struct, rename="camel", frozen=True):
    """Only what is wanted of an object; every field may be missing."""


class Container(Shape, frozen=True, omit_defaults=True):
    name: str = ""
    image: str = ""
    ports: msgspec.Raw = _NONE_OF_THEM


class PodSpec(Shape, frozen=True):
    node_name: str | None = None
    containers: list[Container] = []


class Phase(Shape, frozen=True):
    phase: str = ""


class Pod(Shape, frozen=True):
    spec: PodSpec = PodSpec()
    status: Phase = Phase()


class NodeSpec(Shape, frozen=True):
    taints: msgspec.Raw = _NONE_OF_THEM


class NodeStatus(Shape, frozen=True):
    capacity: msgspec.Raw = _NOTHING
    allocatable: msgspec.Raw = _NOTHING


class Node(Shape, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ServiceSpec(Shape, frozen=True):
    type: str = "ClusterIP"
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")
    external_ips: list[str] = msgspec.field(default_factory=list, name="externalIPs")
    external_name: str = ""
    ports: msgspec.Raw = _NONE_OF_THEM
    selector: msgspec.Raw = _NOTHING


class Ingress(Shape, frozen=True):
    ip: str = ""
    hostname: str = ""


class LoadBalancer(Shape, frozen=True):
    ingress: list[Ingress] = []


class ServiceStatus(Shape, frozen=True):
    load_balancer: LoadBalancer = LoadBalancer()


class Service(Shape, frozen=True):
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class Annotated(Shape, frozen=True):
    annotations: msgspec.Raw = _NOTHING


class NamespaceObject(Shape, frozen=True):
    metadata: Annotated = Annotated()
    status: Phase = Phase()


Maker = Callable[[bytes, Projection, Cell], dict[str, Any]]

_encode = msgspec.json.Encoder().encode
_pod = msgspec.json.Decoder(Pod).decode
_node = msgspec.json.Decoder(Node).decode
_service = msgspec.json.Decoder(Service).decode
_namespace = msgspec.json.Decoder(NamespaceObject).decode


def _of_pod(body: bytes, _: Projection, status: Cell) -> dict[str, Any]:
    pod = _pod(body)
    phase = pod.status.phase
    return {"status": status or phase, "phase": phase, "node_name": pod.spec.node_name, "containers": pod.spec.containers}


def _of_node(body: bytes, seen: Projection, status: Cell) -> dict[str, Any]:
    node = _node(body)
    roles = sorted(label.removeprefix(_ROLE) for label in seen.labels if label.startswith(_ROLE))
    return {
        "status": status,
        "roles": roles,
        "capacity": node.status.capacity,
        "allocatable": node.status.allocatable,
        "taints": node.spec.taints,
    }


def _of_service(body: bytes, _: Projection, __: Cell) -> dict[str, Any]:
    service = _service(body)
    spec = service.spec
    outside = [*spec.external_ips, *(each.ip or each.hostname for each in service.status.load_balancer.ingress)]
    return {
        "type": spec.type,
        "cluster_ip": spec.cluster_ip,
        "external_ip": ",".join(outside) or spec.external_name or None,
        "ports": spec.ports,
        "selector": spec.selector,
    }


def _of_namespace(body: bytes, _: Projection, status: Cell) -> dict[str, Any]:
    namespace = _namespace(body)
    return {"status": status or namespace.status.phase, "annotations": namespace.metadata.annotations}


_MAKERS: dict[str, Maker] = {"pods": _of_pod, "nodes": _of_node, "services": _of_service, "namespaces": _of_namespace}


def extra_maker(resource: ResourceName, table: KindTable) -> Callable[[bytes, Projection], bytes]:
    """What makes a kind's ``ParsedObject.extra`` of a masked body: empty for kinds without a typed table."""
    maker = _MAKERS.get(resource)
    if maker is None:
        return lambda _body, _seen: b""
    place = table.index("STATUS")

    def extra(body: bytes, seen: Projection) -> bytes:
        try:
            return _encode(maker(body, seen, None if place is None else seen.cells[place]))
        except msgspec.ValidationError:  # an object that is not shaped as its kind should be has its row, without these
            return b"{}"

    return extra

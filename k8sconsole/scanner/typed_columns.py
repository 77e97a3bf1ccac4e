"""The columns of the cache file's typed tables (pods, nodes, services, namespaces), which plain SQL clients read.

They are read from the masked body.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.tables import KindTable, TableRow
from k8sconsole.model.tables.shape_decoder import Shape

_EMPTY_OBJECT = msgspec.Raw(b"{}")
_EMPTY_LIST = msgspec.Raw(b"[]")
_ROLE = "node-role.kubernetes.io/"


class _Container(Shape, frozen=True, omit_defaults=True):
    name: str = ""
    image: str = ""
    ports: msgspec.Raw = _EMPTY_LIST


class _PodSpec(Shape, frozen=True):
    node_name: str | None = None
    containers: list[_Container] = []


class _Phase(Shape, frozen=True):
    phase: str = ""


class _Pod(Shape, frozen=True):
    spec: _PodSpec = _PodSpec()
    status: _Phase = _Phase()


class _NodeSpec(Shape, frozen=True):
    taints: msgspec.Raw = _EMPTY_LIST


class _NodeStatus(Shape, frozen=True):
    capacity: msgspec.Raw = _EMPTY_OBJECT
    allocatable: msgspec.Raw = _EMPTY_OBJECT


class _Node(Shape, frozen=True):
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


class _ServiceSpec(Shape, frozen=True):
    type: str = "ClusterIP"
    cluster_ip: str | None = None
    external_ips: list[str] = []
    external_name: str = ""
    ports: msgspec.Raw = _EMPTY_LIST
    selector: msgspec.Raw = _EMPTY_OBJECT


class _Ingress(Shape, frozen=True):
    ip: str = ""
    hostname: str = ""


class _LoadBalancer(Shape, frozen=True):
    ingress: list[_Ingress] = []


class _ServiceStatus(Shape, frozen=True):
    load_balancer: _LoadBalancer = _LoadBalancer()


class _Service(Shape, frozen=True):
    spec: _ServiceSpec = _ServiceSpec()
    status: _ServiceStatus = _ServiceStatus()


class _Annotations(Shape, frozen=True):
    annotations: msgspec.Raw = _EMPTY_OBJECT


class _Namespace(Shape, frozen=True):
    metadata: _Annotations = _Annotations()
    status: _Phase = _Phase()


_ReadColumns = Callable[[bytes, TableRow, Cell], dict[str, Any]]
"""Reads the columns from a masked body, its projection and its STATUS cell."""

_encode = msgspec.json.Encoder().encode
_decode_pod = msgspec.json.Decoder(_Pod).decode
_decode_node = msgspec.json.Decoder(_Node).decode
_decode_service = msgspec.json.Decoder(_Service).decode
_decode_namespace = msgspec.json.Decoder(_Namespace).decode


def _pod_columns(body: bytes, _: TableRow, status: Cell) -> dict[str, Any]:
    pod = _decode_pod(body)
    phase = pod.status.phase
    return {"status": status or phase, "phase": phase, "node_name": pod.spec.node_name, "containers": pod.spec.containers}


def _node_columns(body: bytes, projection: TableRow, status: Cell) -> dict[str, Any]:
    node = _decode_node(body)
    roles = sorted(label.removeprefix(_ROLE) for label in projection.labels if label.startswith(_ROLE))
    return {
        "status": status,
        "roles": roles,
        "capacity": node.status.capacity,
        "allocatable": node.status.allocatable,
        "taints": node.spec.taints,
    }


def _service_columns(body: bytes, _: TableRow, __: Cell) -> dict[str, Any]:
    service = _decode_service(body)
    spec = service.spec
    external = [*spec.external_ips, *(ingress.ip or ingress.hostname for ingress in service.status.load_balancer.ingress)]
    return {
        "type": spec.type,
        "cluster_ip": spec.cluster_ip,
        "external_ip": ",".join(external) or spec.external_name or None,
        "ports": spec.ports,
        "selector": spec.selector,
    }


def _namespace_columns(body: bytes, _: TableRow, status: Cell) -> dict[str, Any]:
    namespace = _decode_namespace(body)
    return {"status": status or namespace.status.phase, "annotations": namespace.metadata.annotations}


_READERS: dict[str, _ReadColumns] = {
    "pods": _pod_columns,
    "nodes": _node_columns,
    "services": _service_columns,
    "namespaces": _namespace_columns,
}


def typed_columns_encoder(resource: ResourceName, table: KindTable) -> Callable[[bytes, TableRow], bytes]:
    """Returns a function (masked body, projection) → JSON for ``ParsedObject.extra``; empty for kinds without a typed table."""
    read = _READERS.get(resource)
    if read is None:
        return lambda _body, _projection: b""
    status_index = table.index("STATUS")

    def encode(body: bytes, projection: TableRow) -> bytes:
        try:
            return _encode(read(body, projection, None if status_index is None else projection.cells[status_index]))
        except msgspec.ValidationError:  # an object of an unexpected shape has its row, without these columns
            return b"{}"

    return encode

"""Tables of Services and their addresses, Endpoints, EndpointSlices, Ingresses, IngressClasses and NetworkPolicies."""

from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, names, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta, Selector, format_labels, join_first, join_or_none, selector_cell
from k8sconsole.model.tables.workloads import SELECTOR


class _ServicePort(Shape, frozen=True):
    name: str = ""
    port: int = 0
    node_port: int = 0
    protocol: str = "TCP"


class _ServiceSpec(Shape, frozen=True):
    type: str = "ClusterIP"
    cluster_ips: list[str] = msgspec.field(name="clusterIPs", default_factory=list)
    external_ips: list[str] = msgspec.field(name="externalIPs", default_factory=list)
    external_name: str = ""
    ports: list[_ServicePort] = []
    selector: dict[str, str] = {}


class _LoadBalancerIngress(Shape, frozen=True):
    ip: str = ""
    hostname: str = ""


class _LoadBalancer(Shape, frozen=True):
    ingress: list[_LoadBalancerIngress] = []


class _LoadBalancerStatus(Shape, frozen=True):
    load_balancer: _LoadBalancer = _LoadBalancer()


class _Service(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _ServiceSpec = _ServiceSpec()
    status: _LoadBalancerStatus = _LoadBalancerStatus()


def load_balancer_addresses(status: _LoadBalancerStatus) -> list[str]:
    """The addresses of a load balancer, sorted, without duplicates."""
    return sorted({entry.ip or entry.hostname for entry in status.load_balancer.ingress} - {""})


def _read_external_ip(obj: _Service) -> Cell:
    spec = obj.spec
    match spec.type:
        case "ExternalName":
            return spec.external_name or None
        case "LoadBalancer":
            return join_or_none(load_balancer_addresses(obj.status) + spec.external_ips) or "<pending>"
        case "ClusterIP" | "NodePort" | "":
            return join_or_none(spec.external_ips)
    return None


def _read_cluster_ip(obj: _Service) -> Cell:
    return obj.spec.cluster_ips[0] if obj.spec.cluster_ips else None


def _format_port(port: _ServicePort) -> str:
    protocol = port.protocol or "TCP"
    return f"{port.port}:{port.node_port}/{protocol}" if port.node_port > 0 else f"{port.port}/{protocol}"


SERVICES = build_table(
    "services",
    _Service,
    (
        (NAME, read_name),
        (text("TYPE", wish=12), lambda obj: obj.spec.type or "ClusterIP"),
        (names("CLUSTER-IP", wish=15), _read_cluster_ip),
        (names("EXTERNAL-IP"), _read_external_ip),
        (text("PORT(S)", wish=24), lambda obj: join_or_none([_format_port(port) for port in obj.spec.ports])),
        (AGE, read_created_at),
        (SELECTOR, lambda obj: format_labels(obj.spec.selector)),
    ),
)


class _IngressRule(Shape, frozen=True):
    host: str = ""


class _IngressSpec(Shape, frozen=True):
    ingress_class_name: str | None = None
    rules: list[_IngressRule] = []
    tls: list[Any] = []


class _Ingress(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _IngressSpec = _IngressSpec()
    status: _LoadBalancerStatus = _LoadBalancerStatus()


def _format_hosts(obj: _Ingress) -> Cell:
    """HOSTS as kubectl prints it: the first three; if any rule follows them, how many rules there are above three."""
    at = [position for position, rule in enumerate(obj.spec.rules) if rule.host][:3]
    hosts = ",".join(obj.spec.rules[position].host for position in at) or "*"
    return f"{hosts} + {len(obj.spec.rules) - 3} more..." if len(at) == 3 and at[2] + 1 < len(obj.spec.rules) else hosts


INGRESSES = build_table(
    "ingresses.networking.k8s.io",
    _Ingress,
    (
        (NAME, read_name),
        (text("CLASS", wish=12), lambda obj: obj.spec.ingress_class_name),
        (names("HOSTS", wish=32), _format_hosts),
        (names("ADDRESS", wish=20), lambda obj: join_or_none(load_balancer_addresses(obj.status))),
        (text("PORTS", wish=7), lambda obj: "80, 443" if obj.spec.tls else "80"),
        (AGE, read_created_at),
    ),
)


class _Port(Shape, frozen=True):
    name: str | None = None
    port: int | None = None


class _Address(Shape, frozen=True):
    ip: str = ""


class _Subset(Shape, frozen=True):
    addresses: list[_Address] = []
    ports: list[_Port] = []


class _Endpoints(Shape, frozen=True):
    metadata: Meta = Meta()
    subsets: list[_Subset] = []


def _host_port(address: str, port: int | None) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _format_endpoints(obj: _Endpoints) -> Cell:
    found: list[str] = []
    for subset in obj.subsets:
        plain = [address.ip for address in subset.addresses]
        found += [_host_port(ip, port.port) for port in subset.ports for ip in plain] if subset.ports else plain
    return join_first(found)


ENDPOINTS = build_table(
    "endpoints", _Endpoints, ((NAME, read_name), (names("ENDPOINTS", wish=48), _format_endpoints), (AGE, read_created_at))
)


class _SliceEndpoint(Shape, frozen=True):
    addresses: list[str] = []


class _EndpointSlice(Shape, frozen=True):
    metadata: Meta = Meta()
    address_type: str = ""
    ports: list[_Port] = []
    endpoints: list[_SliceEndpoint] = []


def _format_slice_ports(obj: _EndpointSlice) -> Cell:
    return join_first([str(port.port) if port.port is not None else port.name or "" for port in obj.ports])


ENDPOINT_SLICES = build_table(
    "endpointslices.discovery.k8s.io",
    _EndpointSlice,
    (
        (NAME, read_name),
        (text("ADDRESSTYPE", wish=11), lambda obj: obj.address_type or None),
        (text("PORTS", wish=16), _format_slice_ports),
        (names("ENDPOINTS", wish=48), lambda obj: join_first([ip for endpoint in obj.endpoints for ip in endpoint.addresses])),
        (AGE, read_created_at),
    ),
)


class _NetworkPolicySpec(Shape, frozen=True):
    pod_selector: Selector = Selector()


class _NetworkPolicy(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _NetworkPolicySpec = _NetworkPolicySpec()


NETWORK_POLICIES = build_table(
    "networkpolicies.networking.k8s.io",
    _NetworkPolicy,
    ((NAME, read_name), (text("POD-SELECTOR", wish=32), lambda obj: selector_cell(obj.spec.pod_selector)), (AGE, read_created_at)),
)


class _Parameters(Shape, frozen=True):
    api_group: str | None = None
    kind: str = ""
    name: str = ""


class _IngressClassSpec(Shape, frozen=True):
    controller: str = ""
    parameters: _Parameters | None = None


class _IngressClass(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _IngressClassSpec = _IngressClassSpec()


def _format_class_name(obj: _IngressClass) -> Cell:
    default = obj.metadata.annotations.get("ingressclass.kubernetes.io/is-default-class") == "true"
    return f"{obj.metadata.name} (default)" if default else obj.metadata.name


def _format_parameters(obj: _IngressClass) -> Cell:
    ref = obj.spec.parameters
    return None if ref is None else f"{ref.kind}{'' if ref.api_group is None else f'.{ref.api_group}'}/{ref.name}"


INGRESS_CLASSES = build_table(
    "ingressclasses.networking.k8s.io",
    _IngressClass,
    (
        (NAME, _format_class_name),
        (names("CONTROLLER"), lambda obj: obj.spec.controller or None),
        (names("PARAMETERS"), _format_parameters),
        (AGE, read_created_at),
    ),
)


class _ServiceRangeSpec(Shape, frozen=True):
    cidrs: list[str] = []


class _ServiceRange(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _ServiceRangeSpec = _ServiceRangeSpec()


SERVICE_RANGES = build_table(
    "servicecidrs.networking.k8s.io",
    _ServiceRange,
    ((NAME, read_name), (names("CIDRS"), lambda obj: join_or_none(obj.spec.cidrs)), (AGE, read_created_at)),
)


class _ParentReference(Shape, frozen=True):
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""


class _AddressSpec(Shape, frozen=True):
    parent_ref: _ParentReference | None = None


class _IPAddress(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _AddressSpec = _AddressSpec()


def _format_parent(obj: _IPAddress) -> Cell:
    ref = obj.spec.parent_ref
    if ref is None:
        return None
    kind = f"{ref.resource}.{ref.group}" if ref.group else ref.resource
    return "/".join([kind.lower(), *([ref.namespace] if ref.namespace else []), ref.name])


IP_ADDRESSES = build_table(
    "ipaddresses.networking.k8s.io", _IPAddress, ((NAME, read_name), (names("PARENTREF", wish=40), _format_parent), (AGE, read_created_at))
)

TABLES: tuple[KindTable, ...] = (
    SERVICES,
    INGRESSES,
    ENDPOINTS,
    ENDPOINT_SLICES,
    NETWORK_POLICIES,
    INGRESS_CLASSES,
    SERVICE_RANGES,
    IP_ADDRESSES,
)

"""Tables of services, endpoints, ingresses, network policies and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import (
    NONE,
    UNSET,
    default_name,
    format_creation_age,
    format_labels,
    format_selector,
    join_values,
    object_name,
    shorten_list,
)
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]


def _load_balancer_addresses(obj: Json) -> list[str]:
    found = (obj.get("status") or {}).get("loadBalancer", {}).get("ingress") or ()
    return sorted({each.get("ip") or each.get("hostname", "") for each in found} - {""})


def _external_addresses(obj: Json) -> str:
    spec, kind = obj["spec"], obj["spec"].get("type", "ClusterIP")
    given = spec.get("externalIPs") or []
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    if kind == "LoadBalancer":
        return join_values([*_load_balancer_addresses(obj), *given], "<pending>")
    return join_values(given)


def _format_port(port: Json) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _service_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    ports = join_values(_format_port(port) for port in spec.get("ports") or ())
    address = (spec.get("clusterIPs") or [NONE])[0]
    return [
        object_name(obj),
        spec.get("type", "ClusterIP"),
        address,
        _external_addresses(obj),
        ports,
        format_creation_age(obj, now),
        format_labels(spec.get("selector")),
    ]


def _endpoints_cells(obj: Json, now: datetime) -> Cells:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [each["ip"] for each in subset.get("addresses") or ()]
        ports = subset.get("ports") or []
        hosts = [f"[{ip}]" if ":" in ip else ip for ip in addresses]
        found += [f"{host}:{port['port']}" for port in ports for host in hosts] if ports else addresses
    return [object_name(obj), shorten_list(found, 3) if obj.get("subsets") else NONE, format_creation_age(obj, now)]


def _slice_cells(obj: Json, now: datetime) -> Cells:
    ports = [str(port.get("port") or port.get("name") or "") for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    return [
        object_name(obj),
        obj["addressType"],
        shorten_list(ports, 3) or UNSET,
        shorten_list(addresses, 3) or UNSET,
        format_creation_age(obj, now),
    ]


def _format_hosts(rules: list[Json]) -> str:
    """The first three hosts; when any rule follows them, how many rules there are above three."""
    found = [(at, each["host"]) for at, each in enumerate(rules) if each.get("host")][:3]
    more = len(found) == 3 and found[-1][0] + 1 < len(rules)
    return (",".join(host for _, host in found) or "*") + (f" + {len(rules) - 3} more..." if more else "")


def _ingress_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    ports = "80, 443" if spec.get("tls") else "80"
    address = ",".join(_load_balancer_addresses(obj))
    return [
        object_name(obj),
        NONE if spec.get("ingressClassName") is None else spec["ingressClassName"],
        _format_hosts(spec.get("rules") or []),
        address,
        ports,
        format_creation_age(obj, now),
    ]


def _ingress_class_cells(obj: Json, now: datetime) -> Cells:
    found = obj["spec"].get("parameters")
    kind = f"{found['kind']}.{found['apiGroup']}" if found and found.get("apiGroup") is not None else found["kind"] if found else ""
    return [
        default_name(obj, "ingressclass.kubernetes.io/is-default-class"),
        obj["spec"].get("controller", ""),
        f"{kind}/{found['name']}" if found else NONE,
        format_creation_age(obj, now),
    ]


def _network_policy_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), format_selector(obj["spec"].get("podSelector")), format_creation_age(obj, now)]


def _ip_address_cells(obj: Json, _now: datetime) -> Cells:
    parent = obj["spec"].get("parentRef")
    if parent is None:
        return [object_name(obj), NONE]
    kind = f"{parent.get('resource', '')}.{parent['group']}" if parent.get("group") else parent.get("resource", "")
    place = f"/{parent['namespace']}" if parent.get("namespace") else ""
    return [object_name(obj), f"{kind.lower()}{place}/{parent.get('name', '')}"]


def _service_cidr_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), ",".join(obj["spec"].get("cidrs") or ()), format_creation_age(obj, now)]


PRINTERS = {
    "networking.k8s.io/ipaddresses": TablePrinter(define_columns("Name|ParentRef"), _ip_address_cells),
    "networking.k8s.io/servicecidrs": TablePrinter(define_columns("Name|CIDRs|Age"), _service_cidr_cells),
    "/services": TablePrinter(define_columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age", "Selector"), _service_cells),
    "/endpoints": TablePrinter(define_columns("Name|Endpoints|Age"), _endpoints_cells),
    "discovery.k8s.io/endpointslices": TablePrinter(define_columns("Name|AddressType|Ports|Endpoints|Age"), _slice_cells),
    "networking.k8s.io/ingresses": TablePrinter(define_columns("Name|Class|Hosts|Address|Ports|Age"), _ingress_cells),
    "networking.k8s.io/ingressclasses": TablePrinter(define_columns("Name|Controller|Parameters|Age"), _ingress_class_cells),
    "networking.k8s.io/networkpolicies": TablePrinter(define_columns("Name|Pod-Selector|Age"), _network_policy_cells),
}

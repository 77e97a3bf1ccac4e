"""Tables of services, endpoints, ingresses, network policies and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import (
    NONE,
    UNSET,
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
    return [each.get("ip") or each.get("hostname", "") for each in found]


def _external_addresses(obj: Json) -> str:
    spec, kind = obj["spec"], obj["spec"].get("type", "ClusterIP")
    given = spec.get("externalIPs") or []
    if kind == "ExternalName":
        return str(spec.get("externalName") or NONE)
    if kind == "LoadBalancer":
        return join_values(sorted(set(_load_balancer_addresses(obj))) + given, "<pending>")
    return join_values(given)


def _format_port(port: Json) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _service_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    ports = join_values(_format_port(port) for port in spec.get("ports") or ())
    address = spec.get("clusterIP") or NONE
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
        found += [f"{ip}:{port['port']}" for port in ports for ip in addresses] if ports else addresses
    return [object_name(obj), shorten_list(found, 3) or NONE, format_creation_age(obj, now)]


def _slice_cells(obj: Json, now: datetime) -> Cells:
    ports = [str(port.get("port") or "*") for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    return [
        object_name(obj),
        obj["addressType"],
        shorten_list(ports, 3) or UNSET,
        shorten_list(addresses, 3) or UNSET,
        format_creation_age(obj, now),
    ]


def _ingress_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    hosts = [each["host"] for each in spec.get("rules") or () if each.get("host")]
    ports = "80, 443" if spec.get("tls") else "80"
    address = ",".join(_load_balancer_addresses(obj))
    return [
        object_name(obj),
        spec.get("ingressClassName") or NONE,
        shorten_list(hosts, 3) or "*",
        address,
        ports,
        format_creation_age(obj, now),
    ]


def _ingress_class_cells(obj: Json, now: datetime) -> Cells:
    found = obj["spec"].get("parameters")
    kind = f"{found['kind']}.{found['apiGroup']}" if found and found.get("apiGroup") else found["kind"] if found else ""
    return [
        object_name(obj),
        obj["spec"].get("controller", ""),
        f"{kind}/{found['name']}" if found else NONE,
        format_creation_age(obj, now),
    ]


def _network_policy_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), format_selector(obj["spec"].get("podSelector")), format_creation_age(obj, now)]


def _ip_address_cells(obj: Json, now: datetime) -> Cells:
    parent = obj["spec"].get("parentRef") or {}
    owner = "/".join(parent[key] for key in ("resource", "namespace", "name") if parent.get(key))
    return [object_name(obj), owner, format_creation_age(obj, now)]


def _service_cidr_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), join_values(obj["spec"].get("cidrs") or ()), format_creation_age(obj, now)]


PRINTERS = {
    "networking.k8s.io/ipaddresses": TablePrinter(define_columns("Name|ParentRef|Age"), _ip_address_cells),
    "networking.k8s.io/servicecidrs": TablePrinter(define_columns("Name|CIDRs|Age"), _service_cidr_cells),
    "/services": TablePrinter(define_columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age", "Selector"), _service_cells),
    "/endpoints": TablePrinter(define_columns("Name|Endpoints|Age"), _endpoints_cells),
    "discovery.k8s.io/endpointslices": TablePrinter(define_columns("Name|AddressType|Ports|Endpoints|Age"), _slice_cells),
    "networking.k8s.io/ingresses": TablePrinter(define_columns("Name|Class|Hosts|Address|Ports|Age"), _ingress_cells),
    "networking.k8s.io/ingressclasses": TablePrinter(define_columns("Name|Controller|Parameters|Age"), _ingress_class_cells),
    "networking.k8s.io/networkpolicies": TablePrinter(define_columns("Name|Pod-Selector|Age"), _network_policy_cells),
}

"""Tables of how traffic finds pods: services, endpoints, ingresses, network policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, UNSET, created, join, pairs, selector, shorten
from k8sconsole.demo.api.tables.columns import TablePrinter, columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]


def _name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def _balancers(obj: Json) -> list[str]:
    found = (obj.get("status") or {}).get("loadBalancer", {}).get("ingress") or ()
    return [each.get("ip") or each.get("hostname", "") for each in found]


def _external(obj: Json) -> str:
    spec, kind = obj["spec"], obj["spec"].get("type", "ClusterIP")
    given = spec.get("externalIPs") or []
    if kind == "ExternalName":
        return str(spec.get("externalName") or NONE)
    if kind == "LoadBalancer":
        return join(sorted(set(_balancers(obj))) + given, "<pending>")
    return join(given)


def _port(port: Json) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _service(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    ports = join(_port(port) for port in spec.get("ports") or ())
    address = spec.get("clusterIP") or NONE
    return [_name(obj), spec.get("type", "ClusterIP"), address, _external(obj), ports, created(obj, now), pairs(spec.get("selector"))]


def _endpoints(obj: Json, now: datetime) -> Cells:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [each["ip"] for each in subset.get("addresses") or ()]
        ports = subset.get("ports") or []
        found += [f"{ip}:{port['port']}" for port in ports for ip in addresses] if ports else addresses
    return [_name(obj), shorten(found, 3) or NONE, created(obj, now)]


def _slice(obj: Json, now: datetime) -> Cells:
    ports = [str(port.get("port") or "*") for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    return [_name(obj), obj["addressType"], shorten(ports, 3) or UNSET, shorten(addresses, 3) or UNSET, created(obj, now)]


def _ingress(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    hosts = [each["host"] for each in spec.get("rules") or () if each.get("host")]
    ports = "80, 443" if spec.get("tls") else "80"
    address = ",".join(_balancers(obj))
    return [_name(obj), spec.get("ingressClassName") or NONE, shorten(hosts, 3) or "*", address, ports, created(obj, now)]


def _ingress_class(obj: Json, now: datetime) -> Cells:
    found = obj["spec"].get("parameters")
    kind = f"{found['kind']}.{found['apiGroup']}" if found and found.get("apiGroup") else found["kind"] if found else ""
    return [_name(obj), obj["spec"].get("controller", ""), f"{kind}/{found['name']}" if found else NONE, created(obj, now)]


def _policy(obj: Json, now: datetime) -> Cells:
    return [_name(obj), selector(obj["spec"].get("podSelector")), created(obj, now)]


def _address_object(obj: Json, now: datetime) -> Cells:
    parent = obj["spec"].get("parentRef") or {}
    held_by = "/".join(parent[key] for key in ("resource", "namespace", "name") if parent.get(key))
    return [_name(obj), held_by, created(obj, now)]


def _service_range(obj: Json, now: datetime) -> Cells:
    return [_name(obj), join(obj["spec"].get("cidrs") or ()), created(obj, now)]


PRINTERS = {
    "networking.k8s.io/ipaddresses": TablePrinter(columns("Name|ParentRef|Age"), _address_object),
    "networking.k8s.io/servicecidrs": TablePrinter(columns("Name|CIDRs|Age"), _service_range),
    "/services": TablePrinter(columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age", "Selector"), _service),
    "/endpoints": TablePrinter(columns("Name|Endpoints|Age"), _endpoints),
    "discovery.k8s.io/endpointslices": TablePrinter(columns("Name|AddressType|Ports|Endpoints|Age"), _slice),
    "networking.k8s.io/ingresses": TablePrinter(columns("Name|Class|Hosts|Address|Ports|Age"), _ingress),
    "networking.k8s.io/ingressclasses": TablePrinter(columns("Name|Controller|Parameters|Age"), _ingress_class),
    "networking.k8s.io/networkpolicies": TablePrinter(columns("Name|Pod-Selector|Age"), _policy),
}

"""Allocation of cluster IPs and node ports: the lowest free one first, so that equal seeds give equal clusters."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
SERVICES = RESOURCES["/services"]
_NETWORK = ipaddress.ip_network("10.96.0.0/16")
_FIRST_DYNAMIC = 256
_NODE_PORTS = range(30000, 32768)


def allocate_addresses(store: ObjectStore, service: Json) -> None:
    """Allocate a service's addresses and node ports. Raises a 422 status for an address in use."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    others = [other["spec"] for other in store.iterate(SERVICES) if _service_key(other) != _service_key(service)]
    _allocate_address(service, {spec.get("clusterIP") for spec in others})
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _allocate_ports(spec, {port.get("nodePort") for other in others for port in other.get("ports") or ()})


def _service_key(service: Json) -> tuple[str, str]:
    return service["metadata"]["namespace"], service["metadata"]["name"]


def _allocate_address(service: Json, taken: set[Any]) -> None:
    spec = service["spec"]
    address = spec.get("clusterIP")
    if address and address != "None" and address in taken:
        why = f'Invalid value: "{address}": failed to allocate IP {address}: provided IP is already allocated'
        raise status.invalid(SERVICES, service["metadata"]["name"], [status.cause("spec.clusterIPs", why)])
    if not address:
        spec["clusterIP"] = next(free for free in _candidate_addresses() if free not in taken)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _candidate_addresses() -> Iterator[str]:
    return (str(_NETWORK[offset]) for offset in range(_FIRST_DYNAMIC, _NETWORK.num_addresses - 1))


def _allocate_ports(spec: Json, taken: set[Any]) -> None:
    taken = taken | {port.get("nodePort") for port in spec.get("ports") or ()}
    free = (port for port in _NODE_PORTS if port not in taken)
    for port in spec.get("ports") or ():
        if not port.get("nodePort"):
            port["nodePort"] = next(free)


def keep_allocated(old: Json, new: Json) -> None:
    """Keep the allocated addresses that an update omits, and the node ports, matched by port and protocol."""
    before, after = old["spec"], new["spec"]
    if after.get("type", "ClusterIP") == "ExternalName":
        return
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if field in before and not after.get(field):
            after[field] = before[field]
    if after.get("type") in ("NodePort", "LoadBalancer"):
        given = {(port["port"], port.get("protocol", "TCP")): port.get("nodePort") for port in before.get("ports") or ()}
        for port in after.get("ports") or ():
            node_port = given.get((port.get("port"), port.get("protocol", "TCP")))
            if node_port:
                port.setdefault("nodePort", node_port)

"""Services: cluster IPs, node ports, and the load balancer address that a cloud provider would assign."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import seconds_since
from k8sconsole.demo.world.controller import BaseController, Json, Key
from k8sconsole.demo.world.kinds import SERVICES
from k8sconsole.demo.world.seeds import seeded_random

_COMPONENT = "service-controller"
# The seconds a cloud provider takes to assign an address.
_BALANCER_SECONDS = 4.0


class ServiceController(BaseController):
    name: ClassVar[str] = "service"
    primary = SERVICES

    def initial_keys(self) -> Iterable[Key]:
        return [key for key in self.store.list_keys(SERVICES) if not _is_complete(self.store.get_raw(SERVICES, *key))]

    def reconcile(self, key: Key) -> float | None:
        service = self.context.find(SERVICES, key)
        if service is None or service["spec"].get("type") == "ExternalName":
            return None
        changes = self._missing_addresses(service)
        if changes:
            self.store.mutate(SERVICES, *key, lambda fresh: fresh["spec"].update(changes))
        if service["spec"].get("type") != "LoadBalancer" or service.get("status", {}).get("loadBalancer", {}).get("ingress"):
            return None
        return self._assign_load_balancer(service)

    def _missing_addresses(self, service: Json) -> Json:
        """The spec fields that an API server allocates for a new service and that this one lacks."""
        spec, rng = service["spec"], seeded_random(self.context.seed, service["metadata"]["uid"])
        changes: Json = {}
        if not spec.get("clusterIP"):
            address = f"10.{rng.randint(96, 111)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
            changes |= {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        has_node_ports = spec.get("type") in ("NodePort", "LoadBalancer")
        if has_node_ports and any("nodePort" not in port for port in spec.get("ports", ())):
            changes["ports"] = [{"nodePort": rng.randint(30000, 32767), **port} for port in spec["ports"]]
        return changes

    def _assign_load_balancer(self, service: Json) -> float | None:
        age = seconds_since(service["metadata"]["creationTimestamp"], self.context.now)
        if age < _BALANCER_SECONDS:
            self.context.recorder.record_normal(service, "EnsuringLoadBalancer", "Ensuring load balancer", _COMPONENT)
            return _BALANCER_SECONDS - age
        rng = seeded_random("balancer", self.context.seed, service["metadata"]["uid"])
        # 203.0.113.0/24 is reserved for documentation (RFC 5737).
        ingress = [{"ip": f"203.0.113.{rng.randint(1, 254)}", "ipMode": "VIP"}]
        self.context.set_status(SERVICES, service, {**service.get("status", {}), "loadBalancer": {"ingress": ingress}})
        self.context.recorder.record_normal(service, "EnsuredLoadBalancer", "Ensured load balancer", _COMPONENT)
        return None


def _is_complete(raw: bytes) -> bool:
    return b'"clusterIP":' in raw and (b'"type":"LoadBalancer"' not in raw or b'"ingress":' in raw)

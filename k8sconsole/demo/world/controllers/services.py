"""Services: cluster addresses, node ports, and the load balancer a cloud would have given."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import seconds_since
from k8sconsole.demo.world.controller import BaseController, Json, Key
from k8sconsole.demo.world.kinds import SERVICES
from k8sconsole.demo.world.seeds import seeded_random

_COMPONENT = "service-controller"
# How long a cloud takes to give an address.
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
        """What an API server allocates when a service is created."""
        spec, luck = service["spec"], seeded_random(self.context.seed, service["metadata"]["uid"])
        changes: Json = {}
        if not spec.get("clusterIP"):
            address = f"10.{luck.randint(96, 111)}.{luck.randint(0, 255)}.{luck.randint(1, 254)}"
            changes |= {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        opened = spec.get("type") in ("NodePort", "LoadBalancer")
        if opened and any("nodePort" not in port for port in spec.get("ports", ())):
            changes["ports"] = [{"nodePort": luck.randint(30000, 32767), **port} for port in spec["ports"]]
        return changes

    def _assign_load_balancer(self, service: Json) -> float | None:
        age = seconds_since(service["metadata"]["creationTimestamp"], self.context.now)
        if age < _BALANCER_SECONDS:
            self.context.recorder.record_normal(service, "EnsuringLoadBalancer", "Ensuring load balancer", _COMPONENT)
            return _BALANCER_SECONDS - age
        luck = seeded_random("balancer", self.context.seed, service["metadata"]["uid"])
        # 203.0.113.0/24 is set aside for examples (RFC 5737).
        ingress = [{"ip": f"203.0.113.{luck.randint(1, 254)}", "ipMode": "VIP"}]
        self.context.set_status(SERVICES, service, {**service.get("status", {}), "loadBalancer": {"ingress": ingress}})
        self.context.recorder.record_normal(service, "EnsuredLoadBalancer", "Ensured load balancer", _COMPONENT)
        return None


def _is_complete(raw: bytes) -> bool:
    return b'"clusterIP":' in raw and (b'"type":"LoadBalancer"' not in raw or b'"ingress":' in raw)

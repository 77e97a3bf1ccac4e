"""Endpoints and EndpointSlices: the pod addresses of every service with a selector."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import (
    BaseController,
    Json,
    Key,
    ObjectChange,
    Router,
    is_being_deleted,
    owner_reference,
    route_any_change,
)
from k8sconsole.demo.world.kinds import ENDPOINTS, PODS, SERVICES, SLICES
from k8sconsole.demo.world.seeds import name_suffix


class EndpointsController(BaseController):
    name: ClassVar[str] = "endpoints"
    primary = SERVICES

    def routes(self) -> dict[str, Router]:
        return {SERVICES.key: route_any_change, PODS.key: self._route_pod_change}

    def initial_keys(self) -> Iterable[Key]:
        """Services without endpoints. The others are settled."""
        return [key for key in self.store.list_keys(SERVICES) if not self.store.has(ENDPOINTS, *key)]

    def reconcile(self, key: Key) -> float | None:
        service = self.context.find(SERVICES, key)
        if service is None:
            if self.store.has(ENDPOINTS, *key):
                self.store.delete(ENDPOINTS, *key)
            return None
        selector = service["spec"].get("selector")
        if selector and service["spec"].get("type") != "ExternalName":
            chosen = [
                pod for pod in self.store.select(PODS, key[0], selector) if pod.get("status", {}).get("podIP") and not pods.is_finished(pod)
            ]
            self._write_object(ENDPOINTS.key, key, build_endpoints(service, chosen))
            self._write_object(SLICES.key, (key[0], f"{key[1]}-{name_suffix(5, service['metadata']['uid'])}"), build_slice(service, chosen))
        return None

    def _route_pod_change(self, change: ObjectChange) -> Iterable[Key]:
        """Route pod changes of address, readiness, labels, deletion or completion to the services that select the pod."""
        if not change.deleted and change.previous and _endpoint_state(change.previous) == _endpoint_state(change.object):
            return
        labels = [change.object["metadata"].get("labels", {}), change.previous.get("metadata", {}).get("labels", {})]
        for service in self.store.iterate(SERVICES, change.namespace):
            selector = service["spec"].get("selector") or {}
            if selector and any(selector.items() <= each.items() for each in labels):
                yield change.namespace, service["metadata"]["name"]

    def _write_object(self, resource_key: str, key: Key, desired: Json) -> None:
        resource = ENDPOINTS if resource_key == ENDPOINTS.key else SLICES
        desired["metadata"] |= {"namespace": key[0], "name": key[1]}
        if self.store.has(resource, *key):
            content = {name: value for name, value in desired.items() if name != "metadata"}
            self.store.mutate(resource, *key, lambda fresh: fresh.update(content))
        else:
            self.store.create(resource, desired)


def _endpoint_state(pod: Json) -> tuple[object, ...]:
    return (
        pod.get("status", {}).get("podIP"),
        pods.is_ready(pod),
        pod["metadata"].get("labels"),
        is_being_deleted(pod),
        pods.is_finished(pod),
    )


def build_endpoints(service: Json, chosen: list[Json]) -> Json:
    """The Endpoints object of a service: ready and unready addresses in one subset."""
    ready = [_endpoint_address(pod) for pod in chosen if _is_serving(pod)]
    unready = [_endpoint_address(pod) for pod in chosen if not _is_serving(pod) and not is_being_deleted(pod)]
    addresses = {"addresses": ready, "notReadyAddresses": unready}
    subset = {name: value for name, value in addresses.items() if value}
    if subset and service["spec"].get("ports"):
        subset["ports"] = _resolve_ports(service, chosen)
    labels = {**service["metadata"].get("labels", {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"labels": labels}, "subsets": [subset] if subset else []}


def build_slice(service: Json, chosen: list[Json]) -> Json:
    name = service["metadata"]["name"]
    labels = {
        **service["metadata"].get("labels", {}),
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"labels": labels, "generateName": name + "-", "ownerReferences": [owner_reference(service, SERVICES)]},
        "addressType": "IPv4",
        "endpoints": [_build_endpoint(pod) for pod in chosen],
        "ports": _resolve_ports(service, chosen),
    }


def _is_serving(pod: Json) -> bool:
    return pods.is_ready(pod) and not is_being_deleted(pod)


def _target_reference(pod: Json) -> Json:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def _endpoint_address(pod: Json) -> Json:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target_reference(pod)}


def _build_endpoint(pod: Json) -> Json:
    conditions = {"ready": _is_serving(pod), "serving": pods.is_ready(pod), "terminating": is_being_deleted(pod)}
    zone = pod["metadata"].get("labels", {}).get("topology.kubernetes.io/zone")
    location = {"nodeName": pod["spec"]["nodeName"]} | ({"zone": zone} if zone else {})
    return {"addresses": [pod["status"]["podIP"]], "conditions": conditions, **location, "targetRef": _target_reference(pod)}


def _resolve_ports(service: Json, chosen: list[Json]) -> list[Json]:
    return [
        {"name": port.get("name", ""), "port": _resolve_port_number(port, chosen), "protocol": port.get("protocol", "TCP")}
        for port in service["spec"].get("ports", ())
    ]


def _resolve_port_number(port: Json, chosen: list[Json]) -> int:
    """The number of a target port. It may be a port name that the pods' containers declare."""
    target = port.get("targetPort", port["port"])
    declared = (each for pod in chosen for container in pod["spec"]["containers"] for each in container.get("ports", ()))
    named = (int(each["containerPort"]) for each in declared if each.get("name") == target)
    return target if isinstance(target, int) else next(named, int(port["port"]))

"""Endpoints and EndpointSlices: the addresses behind every service that selects pods."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, any_change, being_deleted, reference
from k8sconsole.demo.world.kinds import ENDPOINTS, PODS, SERVICES, SLICES
from k8sconsole.demo.world.seeds import suffix


class EndpointsController(BaseController):
    name: ClassVar[str] = "endpoints"
    primary = SERVICES

    def watches(self) -> dict[str, Router]:
        return {SERVICES.key: any_change, PODS.key: self._pod_changed}

    def unsettled(self) -> Iterable[Key]:
        """Services without endpoints; the others follow from here on."""
        return [key for key in self.store.names(SERVICES) if not self.store.has(ENDPOINTS, *key)]

    def reconcile(self, key: Key) -> float | None:
        service = self.context.find(SERVICES, key)
        if service is None:
            if self.store.has(ENDPOINTS, *key):
                self.store.delete(ENDPOINTS, *key)
            return None
        selector = service["spec"].get("selector")
        if selector and service["spec"].get("type") != "ExternalName":
            chosen = [
                pod for pod in self.store.select(PODS, key[0], selector) if pod.get("status", {}).get("podIP") and not pods.finished(pod)
            ]
            self._write(ENDPOINTS.key, key, endpoints_for(service, chosen))
            self._write(SLICES.key, (key[0], f"{key[1]}-{suffix(5, service['metadata']['uid'])}"), slice_for(service, chosen))
        return None

    def _pod_changed(self, change: ObjectChange) -> Iterable[Key]:
        """Only address, readiness, labels and leaving matter to a service."""
        if not change.gone and change.previous and _face(change.previous) == _face(change.object):
            return
        labels = [change.object["metadata"].get("labels", {}), change.previous.get("metadata", {}).get("labels", {})]
        for service in self.store.iterate(SERVICES, change.namespace):
            selector = service["spec"].get("selector") or {}
            if selector and any(selector.items() <= each.items() for each in labels):
                yield change.namespace, service["metadata"]["name"]

    def _write(self, resource_key: str, key: Key, wanted: Json) -> None:
        resource = ENDPOINTS if resource_key == ENDPOINTS.key else SLICES
        wanted["metadata"] |= {"namespace": key[0], "name": key[1]}
        if self.store.has(resource, *key):
            content = {name: value for name, value in wanted.items() if name != "metadata"}
            self.store.mutate(resource, *key, lambda fresh: fresh.update(content))
        else:
            self.store.create(resource, wanted)


def _face(pod: Json) -> tuple[object, ...]:
    return pod.get("status", {}).get("podIP"), pods.ready(pod), pod["metadata"].get("labels"), being_deleted(pod), pods.finished(pod)


def endpoints_for(service: Json, chosen: list[Json]) -> Json:
    """The older form: ready and unready addresses in one subset."""
    ready = [_address(pod) for pod in chosen if _serves(pod)]
    unready = [_address(pod) for pod in chosen if not _serves(pod) and not being_deleted(pod)]
    addresses = {"addresses": ready, "notReadyAddresses": unready}
    subset = {name: value for name, value in addresses.items() if value}
    if subset and service["spec"].get("ports"):
        subset["ports"] = _ports(service, chosen)
    labels = {**service["metadata"].get("labels", {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"labels": labels}, "subsets": [subset] if subset else []}


def slice_for(service: Json, chosen: list[Json]) -> Json:
    name = service["metadata"]["name"]
    labels = {
        **service["metadata"].get("labels", {}),
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"labels": labels, "generateName": name + "-", "ownerReferences": [reference(service, SERVICES)]},
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in chosen],
        "ports": _ports(service, chosen),
    }


def _serves(pod: Json) -> bool:
    return pods.ready(pod) and not being_deleted(pod)


def _target(pod: Json) -> Json:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def _address(pod: Json) -> Json:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}


def _endpoint(pod: Json) -> Json:
    conditions = {"ready": _serves(pod), "serving": pods.ready(pod), "terminating": being_deleted(pod)}
    zone = pod["metadata"].get("labels", {}).get("topology.kubernetes.io/zone")
    place = {"nodeName": pod["spec"]["nodeName"]} | ({"zone": zone} if zone else {})
    return {"addresses": [pod["status"]["podIP"]], "conditions": conditions, **place, "targetRef": _target(pod)}


def _ports(service: Json, chosen: list[Json]) -> list[Json]:
    return [
        {"name": port.get("name", ""), "port": _number(port, chosen), "protocol": port.get("protocol", "TCP")}
        for port in service["spec"].get("ports", ())
    ]


def _number(port: Json, chosen: list[Json]) -> int:
    """A target port may be a name that the pods' containers declare."""
    target = port.get("targetPort", port["port"])
    declared = (each for pod in chosen for container in pod["spec"]["containers"] for each in container.get("ports", ()))
    named = (int(each["containerPort"]) for each in declared if each.get("name") == target)
    return target if isinstance(target, int) else next(named, int(port["port"]))

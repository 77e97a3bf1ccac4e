"""Conversion between API versions: events.k8s.io, autoscaling/v1, and the served versions of custom kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo.storage import encode, prefix

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_EVENTS = "events.k8s.io"
_STORED_FIELDS = {new: old for old, new in _EVENT_FIELDS.items()}


def encode_as(store: ObjectStore, resource: ServedResource, raw: bytes) -> bytes:
    """Encode stored bytes in the API version of `resource`."""
    stored = store.bucket(resource).resource
    if stored is resource or stored.api_version == resource.api_version:
        return raw
    return encode(resource, convert_from_stored(resource, msgspec.json.decode(raw)))


def convert_from_stored(resource: ServedResource, obj: Json) -> Json:
    if resource.group == _EVENTS:
        obj = {_EVENT_FIELDS.get(key, key): value for key, value in obj.items()}
    elif resource.stored_as:
        obj = _autoscaler_to_v1(obj)
    return {**obj, "kind": resource.kind, "apiVersion": resource.api_version}


def encode_items(store: ObjectStore, resource: ServedResource, raws: list[bytes]) -> bytes:
    """Encode the items of a list. Items of built-in kinds omit kind and apiVersion, as on the real server."""
    if store.bucket(resource).resource.api_version != resource.api_version:
        raws = [encode_as(store, resource, raw) for raw in raws]
    if resource.custom:
        return b",".join(raws)
    cut = len(prefix(resource))
    return b",".join([b"{" + raw[cut:] for raw in raws])


def convert_to_stored(resource: ServedResource, obj: Json) -> Json:
    """Convert a client's object to the stored version."""
    if resource.group == _EVENTS:
        return {_STORED_FIELDS.get(key, key): value for key, value in obj.items()}
    return _autoscaler_from_v1(obj) if resource.stored_as else obj


def _is_cpu_metric(metric: Json) -> bool:
    source = metric.get("resource") or {}
    return source.get("name") == "cpu" and (source.get("target") or {}).get("type") == "Utilization"


def _autoscaler_to_v1(obj: Json) -> Json:
    """Convert to autoscaling/v1, which has only the CPU utilisation. Other metrics are dropped."""
    spec, state = dict(obj["spec"]), dict(obj.get("status") or {})
    cpu = next((each for each in spec.pop("metrics", None) or () if _is_cpu_metric(each)), None)
    if cpu:
        spec["targetCPUUtilizationPercentage"] = cpu["resource"]["target"].get("averageUtilization")
    readings = [each for each in state.pop("currentMetrics", None) or () if (each.get("resource") or {}).get("name") == "cpu"]
    if readings:
        state["currentCPUUtilizationPercentage"] = readings[0]["resource"]["current"].get("averageUtilization")
    state.pop("conditions", None)
    return {**obj, "spec": spec, "status": state}


def _autoscaler_from_v1(obj: Json) -> Json:
    spec = dict(obj["spec"])
    utilisation = spec.pop("targetCPUUtilizationPercentage", None)
    if utilisation is not None:
        target = {"type": "Utilization", "averageUtilization": utilisation}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**obj, "spec": spec}

"""Pod helpers for controllers: reading a pod's state, and creating pods from a template."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.podspecs import admit_pod, fill_pod_spec
from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.status import ApiStatus, forbidden
from k8sconsole.demo.world.conditions import find_condition, is_true
from k8sconsole.demo.world.controller import BaseController, ControllerContext, Json, is_being_deleted, owner_reference
from k8sconsole.demo.world.kinds import NAMESPACES, PODS
from k8sconsole.demo.world.quota_rules import find_quota_refusal
from k8sconsole.demo.world.seeds import name_suffix

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore


def pod_phase(pod: Json) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_finished(pod: Json) -> bool:
    return pod_phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Json) -> bool:
    """Whether the pod counts towards its owner's replicas: not finished and not being deleted."""
    return not is_finished(pod) and not is_being_deleted(pod)


def is_ready(pod: Json) -> bool:
    return is_true(pod.get("status", {}), "Ready")


def is_available(pod: Json, min_ready_seconds: int, now: datetime) -> bool:
    """Whether the pod has been ready for at least `min_ready_seconds`."""
    condition = find_condition(pod.get("status", {}), "Ready")
    if condition is None or condition["status"] != "True":
        return False
    return parse_timestamp(condition["lastTransitionTime"]) + timedelta(seconds=min_ready_seconds) <= now


def generate_name(owner: str, context: ControllerContext, uid: str) -> str:
    """Generate a pod name: the owner's name and a suffix that differs at each revision of the store."""
    return f"{owner}-{name_suffix(5, context.seed, uid, context.store.resource_version)}"


def build_from_template(template: Json, owner: Json, resource: ServedResource, name: str) -> Json:
    meta = template.get("metadata", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(meta.get("labels", {})),
            "annotations": dict(meta.get("annotations", {})),
            "ownerReferences": [owner_reference(owner, resource)],
        },
        # A deep copy, because admission alters the spec and the owner must keep its template.
        "spec": msgspec.json.decode(msgspec.json.encode(template["spec"])),
        "status": {"phase": "Pending"},
    }


def create_pod(controller: BaseController, owner: Json, pod: Json) -> str:
    """Create a pod for its owner and record an event. Returns the refusal's message, or ""."""
    context, component = controller.context, f"{controller.name}-controller"
    try:
        admit_new_pod(context, pod)
        context.store.create(PODS, pod)
    except ApiStatus as refusal:
        context.recorder.record_warning(owner, "FailedCreate", f"Error creating: {refusal.message}", component)
        return refusal.message
    context.recorder.record_normal(owner, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", component)
    return ""


def delete_pod(controller: BaseController, owner: Json, pod: Json) -> None:
    name = pod["metadata"]["name"]
    controller.store.delete(PODS, pod["metadata"]["namespace"], name)
    controller.context.recorder.record_normal(owner, "SuccessfulDelete", f"Deleted pod: {name}", f"{controller.name}-controller")


def prepare_pod(store: "ObjectStore", pod: Json, seed: int) -> None:
    """Set defaults and run admission, in place. Raises a 403 status when admission refuses the pod."""
    meta = pod["metadata"]
    fill_pod_spec(pod["spec"])
    admit_pod(store, pod, name_suffix(5, seed, "token", meta["namespace"], meta["name"]))


def admit_new_pod(context: ControllerContext, pod: Json) -> None:
    """Admit a pod in place, as an API server does. Raises a 403 status in a terminating namespace or above a quota."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    owner_namespace = context.find(NAMESPACES, ("", namespace))
    if owner_namespace is None or is_being_deleted(owner_namespace):
        raise forbidden(PODS, name, f"unable to create new content in namespace {namespace} because it is being terminated")
    prepare_pod(context.store, pod, context.seed)
    if why := find_quota_refusal(context.store, pod):
        raise forbidden(PODS, name, why)

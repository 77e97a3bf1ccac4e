"""The subresources scale, binding, eviction, ephemeralcontainers, finalize, token, exec and portforward."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import selectors, status
from k8sconsole.demo.api import write_handlers
from k8sconsole.demo.api.admission.validation import invalid_cause, required_cause
from k8sconsole.demo.api.backend import Response, json_response
from k8sconsole.demo.api.patching.managers import track_update
from k8sconsole.demo.api.tables.cells import format_selector as selector_text
from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.podspecs import copy_topology_labels
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]
_PODS = RESOURCES["/pods"]
_NODES = RESOURCES["/nodes"]
_BUDGETS = RESOURCES["policy/poddisruptionbudgets"]
_BUILT_IN_SCALE = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


def _success_response(code: int = 201) -> Response:
    return json_response({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}, code)


# -- scale


async def get_scale(backend: Backend, call: Call) -> Response:
    return json_response(_build_scale(call, backend.store.get(call.resource, call.namespace, call.name)))


async def put_scale(backend: Backend, call: Call) -> Response:
    return _write_scale(backend, call, call.decode_body())


async def patch_scale(backend: Backend, call: Call) -> Response:
    scale = _build_scale(call, backend.store.get(call.resource, call.namespace, call.name))
    merge_call = dataclasses.replace(
        call, content_type=write_handlers.MERGE_PATCH if call.content_type == write_handlers.STRATEGIC else call.content_type
    )
    return _write_scale(backend, call, write_handlers.apply_patch(merge_call, scale))


def _write_scale(backend: Backend, call: Call, scale: Json) -> Response:
    old = backend.store.get(call.resource, call.namespace, call.name)
    given = scale["metadata"].get("resourceVersion")
    if given and given != old["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    replicas = scale.get("spec", {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        causes = [invalid_cause("spec.replicas", replicas, "must be greater than or equal to 0")]
        raise status.invalid(call.resource, call.name, causes)
    new = backend.store.get(call.resource, call.namespace, call.name)
    _set_path(new, _scale_paths(call)["specReplicasPath"], replicas)
    track_update(old, new, write_handlers.field_manager(backend, call))
    return json_response(_build_scale(call, backend.store.update(call.resource, new, dry_run=call.dry_run)))


def _scale_paths(call: Call) -> Json:
    found: Json = ((call.resource.definition or {}).get("subresources") or {}).get("scale") or _BUILT_IN_SCALE
    return found


def _set_path(obj: Json, path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for step in parents:
        obj = obj.setdefault(step, {})
    obj[last] = value


def _build_scale(call: Call, obj: Json) -> Json:
    meta, paths = obj["metadata"], _scale_paths(call)
    metadata = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if key in meta}
    state: Json = {"replicas": int(selectors.field_text(obj, paths["statusReplicasPath"]) or 0)}
    chosen = obj["spec"].get("selector") if not call.resource.custom else None
    if call.resource.key == "/replicationcontrollers":
        chosen = {"matchLabels": chosen}
    text = selector_text(chosen) if chosen else selectors.field_text(obj, paths.get("labelSelectorPath", "none"))
    if text:
        state["selector"] = text
    requested = int(selectors.field_text(obj, paths["specReplicasPath"]) or 0)
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": {"replicas": requested}, "status": state}


# -- pods


async def bind_pod(backend: Backend, call: Call) -> Response:
    """Bind a pod to a node, as a scheduler does. Raises a 409 status when it is already bound."""
    target = call.decode_body().get("target") or {}
    if not target.get("name"):
        raise status.invalid(RESOURCES["/bindings"], call.name, [required_cause("target.name")])
    pod = backend.store.get(_PODS, call.namespace, call.name)
    if pod["spec"].get("nodeName"):
        raise status.conflict(RESOURCES["/bindings"], call.name, f'pod {call.name} is already assigned to node "{pod["spec"]["nodeName"]}"')
    if pod["spec"].get("schedulingGates"):
        raise status.conflict(RESOURCES["/bindings"], call.name, f"pod {call.name} has non-empty .spec.schedulingGates")
    if not call.dry_run:
        backend.store.mutate(_PODS, call.namespace, call.name, lambda found: _set_node(backend, found, target["name"]))
    return _success_response()


def _set_node(backend: Backend, pod: Json, node: str) -> None:
    pod["spec"]["nodeName"] = node
    if backend.store.has(_NODES, "", node):
        copy_topology_labels(pod, backend.store.get_shared(_NODES, "", node))


async def evict_pod(backend: Backend, call: Call) -> Response:
    """Delete a pod. Raises a 429 status when a disruption budget forbids it, as `kubectl drain` expects."""
    pod = backend.store.get(_PODS, call.namespace, call.name)
    options = (call.decode_body().get("deleteOptions") if call.body.strip() else None) or {}
    budgets = [each for each in backend.store.iterate(_BUDGETS, call.namespace) if _budget_covers(each, pod)]
    if len(budgets) > 1:
        message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise status.ApiStatus(500, "InternalError", message)
    dry = call.dry_run or "All" in (options.get("dryRun") or ())
    if budgets and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed", "Pending"):
        _use_disruption(backend, budgets[0], dry=dry)
    backend.store.delete(
        _PODS,
        call.namespace,
        call.name,
        grace_seconds=options.get("gracePeriodSeconds"),
        preconditions=options.get("preconditions"),
        dry_run=dry,
    )
    return _success_response()


def _budget_covers(budget: Json, pod: Json) -> bool:
    return selectors.matches_selector(budget["spec"].get("selector"), pod["metadata"].get("labels") or {})


def _use_disruption(backend: Backend, budget: Json, *, dry: bool) -> None:
    state, meta = budget.get("status", {}), budget["metadata"]
    if state.get("disruptionsAllowed", 0) < 1:
        why = f"The disruption budget {meta['name']} needs {state.get('desiredHealthy', 0)} healthy pods "
        cause = {"reason": "DisruptionBudget", "message": f"{why}and has {state.get('currentHealthy', 0)} currently"}
        raise status.too_many_requests("Cannot evict pod as it would violate the pod's disruption budget.", [cause])
    if not dry:
        fewer = {**state, "disruptionsAllowed": state["disruptionsAllowed"] - 1}
        backend.store.mutate(_BUDGETS, meta["namespace"], meta["name"], lambda found: found.update(status=fewer), subresource="status")


async def refuse_connection(backend: Backend, call: Call) -> Response:
    """Refuse exec and port-forward with a 501 status, because no process runs in a simulated container."""
    backend.store.get(_PODS, call.namespace, call.name)
    raise status.ApiStatus(501, "NotImplemented", f"the containers of pod {call.name} are simulated: no process runs in them")


async def write_ephemeral_containers(backend: Backend, call: Call) -> Response:
    """Write the ephemeral containers of a pod. Other fields of the body are ignored."""
    old = backend.store.get(_PODS, call.namespace, call.name)
    requested = call.decode_body() if call.verb == "update" else write_handlers.apply_patch(call, old)
    new = backend.store.get(_PODS, call.namespace, call.name)
    new["spec"]["ephemeralContainers"] = (requested.get("spec") or {}).get("ephemeralContainers") or []
    return json_response(backend.store.update(_PODS, new, subresource="ephemeralcontainers", dry_run=call.dry_run))


# -- namespaces, tokens and the bindings collection


async def finalize_namespace(backend: Backend, call: Call) -> Response:
    """Write a namespace's spec.finalizers. A deleted namespace without finalizers is removed."""
    requested = (call.decode_body().get("spec") or {}).get("finalizers") or []

    def change(found: Json) -> None:
        found.setdefault("spec", {})["finalizers"] = requested

    return json_response(backend.store.mutate(call.resource, "", call.name, change))


async def create_token(backend: Backend, call: Call) -> Response:
    """Issue an opaque token for a service account. The demo server does not accept it."""
    backend.store.get_stored(call.resource, call.namespace, call.name)
    options = call.decode_body().get("spec") or {}
    seconds = int(options.get("expirationSeconds") or 3600)
    until = format_timestamp(backend.store.clock.now() + timedelta(seconds=seconds))
    token = f"{backend.random.getrandbits(256):064x}"
    spec = {"audiences": options.get("audiences") or ["https://kubernetes.default.svc"], "expirationSeconds": seconds}
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"}
    meta = {"name": call.name, "namespace": call.namespace}
    return json_response({**head, "metadata": meta, "spec": spec, "status": {"token": token, "expirationTimestamp": until}}, 201)


async def create_binding(backend: Backend, call: Call) -> Response:
    """Bind a pod by POST to the bindings collection. The body names the pod."""
    name = (call.decode_body().get("metadata") or {}).get("name", "")
    return await bind_pod(backend, dataclasses.replace(call, target=dataclasses.replace(call.target, resource=_PODS, name=name)))

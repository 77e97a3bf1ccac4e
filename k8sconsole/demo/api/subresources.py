"""What hangs under an object's path: scale, binding, eviction, tokens, approval, finalizers of namespaces."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api import selectors, writing
from k8sconsole.demo.api.admission.validation import required, wrong
from k8sconsole.demo.api.backend import Response, answer
from k8sconsole.demo.api.patching.managers import track_update
from k8sconsole.demo.api.tables.cells import selector as selector_text
from k8sconsole.demo.clock import stamp
from k8sconsole.demo.podspecs import locate
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]
_PODS = RESOURCES["/pods"]
_NODES = RESOURCES["/nodes"]
_BUDGETS = RESOURCES["policy/poddisruptionbudgets"]
_BUILT_IN_SCALE = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


def _success(code: int = 201) -> Response:
    return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}, code)


# -- scale


async def get_scale(backend: Backend, call: Call) -> Response:
    return answer(_scale(call, backend.store.get(call.resource, call.namespace, call.name)))


async def put_scale(backend: Backend, call: Call) -> Response:
    return _rescale(backend, call, call.document())


async def patch_scale(backend: Backend, call: Call) -> Response:
    shown = _scale(call, backend.store.get(call.resource, call.namespace, call.name))
    plain = dataclasses.replace(call, content_type=writing.MERGE_PATCH if call.content_type == writing.STRATEGIC else call.content_type)
    return _rescale(backend, call, writing.patched(plain, shown))


def _rescale(backend: Backend, call: Call, scale: Json) -> Response:
    old = backend.store.get(call.resource, call.namespace, call.name)
    given = scale["metadata"].get("resourceVersion")
    if given and given != old["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    replicas = scale.get("spec", {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        causes = [wrong("spec.replicas", replicas, "must be greater than or equal to 0")]
        raise status.invalid(call.resource, call.name, causes)
    new = backend.store.get(call.resource, call.namespace, call.name)
    _set(new, _paths(call)["specReplicasPath"], replicas)
    track_update(old, new, writing.writer(backend, call))
    return answer(_scale(call, backend.store.update(call.resource, new, dry_run=call.dry_run)))


def _paths(call: Call) -> Json:
    found: Json = ((call.resource.definition or {}).get("subresources") or {}).get("scale") or _BUILT_IN_SCALE
    return found


def _set(obj: Json, path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for step in parents:
        obj = obj.setdefault(step, {})
    obj[last] = value


def _scale(call: Call, obj: Json) -> Json:
    meta, paths = obj["metadata"], _paths(call)
    kept = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if key in meta}
    state: Json = {"replicas": int(selectors.field_text(obj, paths["statusReplicasPath"]) or 0)}
    chosen = obj["spec"].get("selector") if not call.resource.custom else None
    if call.resource.key == "/replicationcontrollers":
        chosen = {"matchLabels": chosen}
    text = selector_text(chosen) if chosen else selectors.field_text(obj, paths.get("labelSelectorPath", "none"))
    if text:
        state["selector"] = text
    wanted = int(selectors.field_text(obj, paths["specReplicasPath"]) or 0)
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": {"replicas": wanted}, "status": state}


# -- pods


async def bind(backend: Backend, call: Call) -> Response:
    """Binds a pod to a node, as a scheduler does; 409 where it is bound already."""
    target = call.document().get("target") or {}
    if not target.get("name"):
        raise status.invalid(RESOURCES["/bindings"], call.name, [required("target.name")])
    pod = backend.store.get(_PODS, call.namespace, call.name)
    if pod["spec"].get("nodeName"):
        raise status.conflict(RESOURCES["/bindings"], call.name, f'pod {call.name} is already assigned to node "{pod["spec"]["nodeName"]}"')
    if not call.dry_run:
        backend.store.mutate(_PODS, call.namespace, call.name, lambda found: _place(backend, found, target["name"]))
    return _success()


def _place(backend: Backend, pod: Json, node: str) -> None:
    pod["spec"]["nodeName"] = node
    if backend.store.has(_NODES, "", node):
        locate(pod, backend.store.view(_NODES, "", node))


async def evict(backend: Backend, call: Call) -> Response:
    """Deletes a pod unless a disruption budget forbids it: 429, as `kubectl drain` expects."""
    pod = backend.store.get(_PODS, call.namespace, call.name)
    options = (call.document().get("deleteOptions") if call.body.strip() else None) or {}
    budgets = [each for each in backend.store.iterate(_BUDGETS, call.namespace) if _protects(each, pod)]
    if len(budgets) > 1:
        message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise status.ApiStatus(500, "InternalError", message)
    dry = call.dry_run or "All" in (options.get("dryRun") or ())
    if budgets and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed", "Pending"):
        _spend(backend, budgets[0], dry=dry)
    backend.store.delete(
        _PODS,
        call.namespace,
        call.name,
        grace_seconds=options.get("gracePeriodSeconds"),
        preconditions=options.get("preconditions"),
        dry_run=dry,
    )
    return _success()


def _protects(budget: Json, pod: Json) -> bool:
    return selectors.matches_selector(budget["spec"].get("selector"), pod["metadata"].get("labels") or {})


def _spend(backend: Backend, budget: Json, *, dry: bool) -> None:
    state, meta = budget.get("status", {}), budget["metadata"]
    if state.get("disruptionsAllowed", 0) < 1:
        why = f"The disruption budget {meta['name']} needs {state.get('desiredHealthy', 0)} healthy pods "
        cause = {"reason": "DisruptionBudget", "message": f"{why}and has {state.get('currentHealthy', 0)} currently"}
        raise status.too_many_requests("Cannot evict pod as it would violate the pod's disruption budget.", [cause])
    if not dry:
        fewer = {**state, "disruptionsAllowed": state["disruptionsAllowed"] - 1}
        backend.store.mutate(_BUDGETS, meta["namespace"], meta["name"], lambda found: found.update(status=fewer), subresource="status")


async def reach_into(backend: Backend, call: Call) -> Response:
    """A command in a container, or a port of one: there is nothing behind the demo's containers that could answer."""
    backend.store.get(_PODS, call.namespace, call.name)
    raise status.ApiStatus(501, "NotImplemented", f"the containers of pod {call.name} are simulated: no process runs in them")


async def add_ephemeral(backend: Backend, call: Call) -> Response:
    """Only the ephemeral containers of a pod may be written through this path."""
    old = backend.store.get(_PODS, call.namespace, call.name)
    wanted = call.document() if call.verb == "update" else writing.patched(call, old)
    new = backend.store.get(_PODS, call.namespace, call.name)
    new["spec"]["ephemeralContainers"] = (wanted.get("spec") or {}).get("ephemeralContainers") or []
    return answer(backend.store.update(_PODS, new, subresource="ephemeralcontainers", dry_run=call.dry_run))


# -- the rest


async def finalize(backend: Backend, call: Call) -> Response:
    """Writes a namespace's spec.finalizers; without any left, a namespace that was deleted goes."""
    wanted = (call.document().get("spec") or {}).get("finalizers") or []

    def change(found: Json) -> None:
        found.setdefault("spec", {})["finalizers"] = wanted

    return answer(backend.store.mutate(call.resource, "", call.name, change))


async def request_token(backend: Backend, call: Call) -> Response:
    """A token for a service account, opaque and good for nothing but being shown."""
    backend.store.stored(call.resource, call.namespace, call.name)
    asked = call.document().get("spec") or {}
    seconds = int(asked.get("expirationSeconds") or 3600)
    until = stamp(backend.store.clock.now() + timedelta(seconds=seconds))
    token = f"{backend.random.getrandbits(256):064x}"
    spec = {"audiences": asked.get("audiences") or ["https://kubernetes.default.svc"], "expirationSeconds": seconds}
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"}
    meta = {"name": call.name, "namespace": call.namespace}
    return answer({**head, "metadata": meta, "spec": spec, "status": {"token": token, "expirationTimestamp": until}}, 201)


async def bind_in_body(backend: Backend, call: Call) -> Response:
    """POST of a Binding to the bindings collection: the pod is named in the body."""
    name = (call.document().get("metadata") or {}).get("name", "")
    return await bind(backend, dataclasses.replace(call, target=dataclasses.replace(call.target, resource=_PODS, name=name)))

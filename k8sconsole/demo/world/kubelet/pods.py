"""The kubelet as a controller: it advances every scheduled pod and removes it when it has terminated."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import ClassVar

import msgspec

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.world import pods
from k8sconsole.demo.world.behaviour import Behaviour
from k8sconsole.demo.world.controller import (
    BaseController,
    ControllerContext,
    Json,
    Key,
    ObjectChange,
    Router,
    is_being_deleted,
    route_spec_change,
)
from k8sconsole.demo.world.kinds import CLAIMS, NODES, PODS
from k8sconsole.demo.world.kubelet.containers import PROBE_EVENT_INTERVAL
from k8sconsole.demo.world.kubelet.images import ImagePull
from k8sconsole.demo.world.kubelet.plans import find_behaviour
from k8sconsole.demo.world.kubelet.status import PodTransition, advance_pod

_VOLUME_POLL_SECONDS = 2.0
_HOMELESS_SECONDS = 40.0


class _Condition(msgspec.Struct, frozen=True):
    type: str
    status: str


class _Status(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    conditions: list[_Condition] = []


class _Meta(msgspec.Struct, frozen=True):
    deletionTimestamp: str = ""


class _PodSummary(msgspec.Struct, frozen=True):
    metadata: _Meta
    status: _Status = _Status()

    @property
    def is_settled(self) -> bool:
        """Whether the pod is running and ready, or finished, so that it needs no reconcile."""
        if self.metadata.deletionTimestamp:
            return False
        ready = any(condition.type == "Ready" and condition.status == "True" for condition in self.status.conditions)
        return self.status.phase in ("Succeeded", "Failed") or (self.status.phase == "Running" and ready)


_SUMMARY_DECODER = msgspec.json.Decoder(_PodSummary)


class Kubelet(BaseController):
    name: ClassVar[str] = "kubelet"
    primary = PODS

    def __init__(self, context: ControllerContext) -> None:
        super().__init__(context)
        self._pulling: dict[tuple[str, str], ImagePull] = {}
        self._probed: dict[tuple[str, str], datetime] = {}
        self._ending: set[str] = set()
        self._homeless: dict[Key, datetime] = {}

    def routes(self) -> dict[str, Router]:
        return {PODS.key: _route_pod_change, NODES.key: self._route_new_node}

    def initial_keys(self) -> Iterable[Key]:
        """Pods that are not settled, and pods whose containers exit later by the scenario."""
        exiting = [each for each in self.context.behaviours.listed if each.exits_after or each.sick_after]
        return [
            key
            for key in self.store.list_keys(PODS)
            if _may_exit(key, exiting) or not _SUMMARY_DECODER.decode(self.store.get_raw(PODS, *key)).is_settled
        ]

    def reconcile(self, key: Key) -> float | None:
        pod = self.context.find(PODS, key)
        if pod is None or not pod["spec"].get("nodeName"):
            self._homeless.pop(key, None)
            return None
        if not self.store.has(NODES, "", pod["spec"]["nodeName"]):
            return self._collect(key, pod)
        self._homeless.pop(key, None)
        if is_being_deleted(pod):
            return self._terminate(pod)
        if pods.is_finished(pod):
            self._discard_state(pod["metadata"]["uid"])
            return None
        if not self._volumes_bound(pod):
            return _VOLUME_POLL_SECONDS
        return self._advance(pod)

    def _route_new_node(self, change: ObjectChange) -> Iterable[Key]:
        """Route a node that has just appeared to the pods that wait for it."""
        return () if change.previous or change.deleted else self.context.placement.pods_on(change.name)

    def _collect(self, key: Key, pod: Json) -> float | None:
        """Remove a pod whose node does not exist, as the pod garbage collector does after a while. Returns the seconds until then."""
        since = self._homeless.setdefault(key, self.context.now)
        remaining = _HOMELESS_SECONDS - (self.context.now - since).total_seconds()
        if remaining > 0 and not is_being_deleted(pod):
            return remaining
        del self._homeless[key]
        self.store.remove(PODS, *key)
        return None

    def _advance(self, pod: Json) -> float | None:
        transition = advance_pod(pod, self.context.behaviours, self.context.now, self._image_pull)
        status = transition.status
        if not status.get("podIP"):
            self._assign_address(pod, status)
        self.context.set_status(PODS, pod, status)
        self._record_events(pod, transition)
        if transition.due is None:
            return None
        return max(0.0, (transition.due - self.context.now).total_seconds())

    def _image_pull(self, uid: str, container: str) -> ImagePull:
        return self._pulling.setdefault((uid, container), ImagePull(self.context.behaviours.registry.has_image))

    def _assign_address(self, pod: Json, status: Json) -> None:
        node = self.context.find(NODES, ("", pod["spec"]["nodeName"])) or {}
        addresses = node.get("status", {}).get("addresses", ())
        host = next((each["address"] for each in addresses if each["type"] == "InternalIP"), "10.0.0.1")
        if pod["spec"].get("hostNetwork"):
            address = host
        else:
            cidr = node.get("spec", {}).get("podCIDR", "10.244.255.0/24")
            address = self.context.placement.free_address(pod["spec"]["nodeName"], cidr)
        status |= {"hostIP": host, "hostIPs": [{"ip": host}], "podIP": address, "podIPs": [{"ip": address}]}

    def _record_events(self, pod: Json, transition: PodTransition) -> None:
        for container, field, type_, reason, message in transition.events:
            if reason == "Unhealthy" and not self._should_report_probe((pod["metadata"]["uid"], container)):
                continue
            record = self.context.recorder.record_warning if type_ == "Warning" else self.context.recorder.record_normal
            record(pod, reason, message, "kubelet", host=pod["spec"]["nodeName"], field=field)

    def _should_report_probe(self, probe: tuple[str, str]) -> bool:
        last = self._probed.get(probe)
        if last is not None and self.context.now - last < PROBE_EVENT_INTERVAL:
            return False
        self._probed[probe] = self.context.now
        return True

    def _volumes_bound(self, pod: Json) -> bool:
        names = (volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod["spec"].get("volumes", ()))
        claims = (self.context.find(CLAIMS, (pod["metadata"]["namespace"], name)) for name in names if name)
        return all(claim is not None and claim.get("status", {}).get("phase") == "Bound" for claim in claims)

    def _terminate(self, pod: Json) -> float | None:
        """Stop the containers, and remove the pod when they have stopped. Returns the remaining seconds, or None."""
        meta, uid = pod["metadata"], pod["metadata"]["uid"]
        if uid not in self._ending and not pods.is_finished(pod):
            self._ending.add(uid)
            for container in pod["spec"]["containers"]:
                message, field = f"Stopping container {container['name']}", f"spec.containers{{{container['name']}}}"
                self.context.recorder.record_normal(pod, "Killing", message, "kubelet", host=pod["spec"]["nodeName"], field=field)
        remaining = (self._stopped_at(pod) - self.context.now).total_seconds()
        if remaining > 0:
            return remaining
        self._discard_state(uid)
        if not meta.get("finalizers"):
            self.store.remove(PODS, meta["namespace"], meta["name"])
        elif meta.get("deletionGracePeriodSeconds"):
            # The containers have stopped; only the finalizers delay the removal now.
            self.store.mutate(PODS, meta["namespace"], meta["name"], lambda fresh: fresh["metadata"].update(deletionGracePeriodSeconds=0))
        return None

    def _stopped_at(self, pod: Json) -> datetime:
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds", 0))
        requested = parse_timestamp(pod["metadata"]["deletionTimestamp"]) - timedelta(seconds=grace)
        slowest = max(find_behaviour(pod, container, self.context.behaviours).stops_after for container in pod["spec"]["containers"])
        running = pods.pod_phase(pod) == "Running"
        return requested + timedelta(seconds=min(grace, slowest) if running else 0)

    def _discard_state(self, uid: str) -> None:
        self._ending.discard(uid)
        for cache in (self._pulling, self._probed):
            for known in [known for known in cache if known[0] == uid]:
                del cache[known]


def _route_pod_change(change: ObjectChange) -> Iterable[Key]:
    """Route deletions, changes of the spec, and changes of conditions that a readiness gate waits for."""
    if change.deleted:
        return (change.key,)
    gates = {gate["conditionType"] for gate in change.object["spec"].get("readinessGates") or ()}
    if gates and _chosen_conditions(change.previous, gates) != _chosen_conditions(change.object, gates):
        return (change.key,)
    return route_spec_change(change)


def _chosen_conditions(pod: Json, types: set[str]) -> dict[str, str]:
    found = pod.get("status", {}).get("conditions") or ()
    return {each["type"]: each["status"] for each in found if each["type"] in types}


def _may_exit(key: Key, exiting: Sequence[Behaviour]) -> bool:
    """Whether a pod with this key may belong to a workload whose containers exit."""
    return any(fnmatchcase(key[0], each.namespace) and fnmatchcase(key[1], each.workload + "*") for each in exiting)

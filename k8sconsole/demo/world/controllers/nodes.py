"""Nodes: lease renewal, heartbeats, removal of a deleted node's pods, and taints for pressure conditions."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import format_micro_time, seconds_since
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router
from k8sconsole.demo.world.kinds import LEASES, NODES, PODS

LEASE_NAMESPACE = "kube-node-lease"
_RENEWAL = 10.0
_HEARTBEAT = 300.0
# A large cluster renews more slowly, so that an idle demo of 500 nodes uses less than 1 % of a core.
_RENEWALS_A_SECOND = 10
_PRESSURES = {"MemoryPressure": "memory-pressure", "DiskPressure": "disk-pressure", "PIDPressure": "pid-pressure"}


class NodeController(BaseController):
    name: ClassVar[str] = "node"
    primary = NODES

    def routes(self) -> dict[str, Router]:
        return {NODES.key: _route_pressure_change}

    def reconcile(self, key: Key) -> float | None:
        node = self.context.find(NODES, key)
        if node is None:
            self._remove_pods(key[1])
            return None
        self._renew_lease(node)
        self._send_heartbeat(node)
        return max(_RENEWAL, self.store.count(NODES) / _RENEWALS_A_SECOND)

    def _renew_lease(self, node: Json) -> None:
        name, now = node["metadata"]["name"], format_micro_time(self.context.now)
        if self.store.has(LEASES, LEASE_NAMESPACE, name):
            self.store.mutate(LEASES, LEASE_NAMESPACE, name, lambda fresh: fresh["spec"].update(renewTime=now))
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
        meta = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now}
        self.store.create(LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec})

    def _send_heartbeat(self, node: Json) -> None:
        listed = node.get("status", {}).get("conditions", ())
        if any(seconds_since(each.get("lastHeartbeatTime"), self.context.now) >= _HEARTBEAT for each in listed):
            refreshed = [{**each, "lastHeartbeatTime": self.context.stamp} for each in listed]
            self.context.set_status(NODES, node, {**node["status"], "conditions": refreshed})

    def _remove_pods(self, node: str) -> None:
        """Remove the pods of a deleted node, finished ones too, because its kubelet no longer ends them."""
        mark = f'"nodeName":"{node}"'.encode()
        for key in [key for key in self.store.list_keys(PODS) if mark in self.store.get_raw(PODS, *key)]:
            self.store.remove(PODS, *key)


class TaintController(BaseController):
    """Taints a node under pressure, so that it gets no new pods."""

    name: ClassVar[str] = "taint"
    primary = NODES

    def routes(self) -> dict[str, Router]:
        return {NODES.key: _route_pressure_change}

    def reconcile(self, key: Key) -> float | None:
        node = self.context.find(NODES, key)
        if node is not None:
            self._update_taints(node)
        return None

    def _update_taints(self, node: Json) -> None:
        desired_keys = {
            f"node.kubernetes.io/{name}" for type_, name in _PRESSURES.items() if conditions.is_true(node.get("status", {}), type_)
        }
        taints = node.get("spec", {}).get("taints", [])
        managed = {f"node.kubernetes.io/{name}" for name in _PRESSURES.values()}
        updated = [taint for taint in taints if taint["key"] not in managed - desired_keys]
        present = {taint["key"] for taint in updated}
        updated += [{"key": key, "effect": "NoSchedule", "timeAdded": self.context.stamp} for key in sorted(desired_keys - present)]
        if updated != taints:
            self.store.mutate(NODES, "", node["metadata"]["name"], lambda fresh: fresh.setdefault("spec", {}).update(taints=updated))


def _route_pressure_change(change: ObjectChange) -> Iterable[Key]:
    """Route node creations, deletions and changes of pressure. Heartbeats are ignored."""
    same = not change.deleted and _active_pressures(change.previous) == _active_pressures(change.object)
    return () if same and change.previous else (change.key,)


def _active_pressures(node: Json) -> set[str]:
    return {type_ for type_ in _PRESSURES if conditions.is_true(node.get("status", {}), type_)}

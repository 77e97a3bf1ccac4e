"""Namespaces: get their default objects when created, and are emptied before they are removed."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controller import (
    BaseController,
    ControllerContext,
    Json,
    Key,
    ObjectChange,
    Router,
    is_being_deleted,
    route_any_change,
)
from k8sconsole.demo.world.kinds import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS

_FINALIZER = "kubernetes"
_RETRY = 120.0


class NamespaceController(BaseController):
    name: ClassVar[str] = "namespace"
    primary = NAMESPACES

    def __init__(self, context: ControllerContext) -> None:
        super().__init__(context)
        self._ending: set[str] = set()

    def routes(self) -> dict[str, Router]:
        return {NAMESPACES.key: route_any_change, "*": self._route_content_change}

    def reconcile(self, key: Key) -> float | None:
        namespace = self.context.find(NAMESPACES, key)
        if namespace is None:
            self._ending.discard(key[1])
            return None
        if not is_being_deleted(namespace):
            self._add_defaults(namespace)
            return None
        self._ending.add(key[1])
        return self._delete_content(namespace)

    def _route_content_change(self, change: ObjectChange) -> Iterable[Key]:
        return (("", change.namespace),) if change.deleted and change.namespace in self._ending else ()

    def _add_defaults(self, namespace: Json) -> None:
        """Add the name label, the finalizer, the default service account and the CA config map."""
        name = namespace["metadata"]["name"]

        def complete(fresh: Json) -> None:
            fresh["metadata"]["labels"] = {**fresh["metadata"].get("labels", {}), "kubernetes.io/metadata.name": name}
            fresh["spec"] = {**fresh.get("spec", {}), "finalizers": [_FINALIZER]}
            fresh["status"] = {**fresh.get("status", {}), "phase": "Active"}

        self.store.mutate(NAMESPACES, "", name, complete)
        if not self.store.has(SERVICE_ACCOUNTS, name, "default"):
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
            self.store.create(SERVICE_ACCOUNTS, account)
        if not self.store.has(CONFIG_MAPS, name, "kube-root-ca.crt"):
            data = {"ca.crt": "-----BEGIN CERTIFICATE-----\n(the demo cluster's own authority)\n-----END CERTIFICATE-----\n"}
            bundle = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": name}, "data": data}
            self.store.create(CONFIG_MAPS, bundle)

    def _delete_content(self, namespace: Json) -> float | None:
        name = namespace["metadata"]["name"]
        for resource in self.store.registry:
            if resource.namespaced and not resource.stored_as:
                for each in list(self.store.iterate(resource, name)):
                    if not is_being_deleted(each):
                        self.store.delete(resource, name, each["metadata"]["name"], propagation="Background")
        remaining_kinds, finalizers_left = self._count_remaining(name)
        if not remaining_kinds:
            self.store.mutate(NAMESPACES, "", name, lambda fresh: fresh["spec"].update(finalizers=[]))
            return None
        self._write_conditions(namespace, remaining_kinds, finalizers_left)
        return _RETRY

    def _count_remaining(self, name: str) -> tuple[Counter[str], Counter[str]]:
        """Count the remaining objects of a namespace by kind and by finalizer."""
        remaining_kinds: Counter[str] = Counter()
        finalizers_left: Counter[str] = Counter()
        for resource in self.store.registry:
            if resource.namespaced and not resource.stored_as:
                for each in self.store.iterate(resource, name):
                    remaining_kinds[f"{resource.plural}.{resource.group}"] += 1
                    finalizers_left.update(each["metadata"].get("finalizers", ()))
        return remaining_kinds, finalizers_left

    def _write_conditions(self, namespace: Json, remaining_kinds: Counter[str], finalizers_left: Counter[str]) -> None:
        remaining = ", ".join(f"{kind} has {count} resource instances" for kind, count in sorted(remaining_kinds.items()))
        finalizers = ", ".join(f"{finalizer} in {count} resource instances" for finalizer, count in sorted(finalizers_left.items()))
        status = {**namespace.get("status", {}), "phase": "Terminating"}
        status["conditions"] = [dict(condition) for condition in status.get("conditions", ())]
        deleted = (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        )
        content = ("NamespaceContentRemaining", "True", "SomeResourcesRemain", f"Some resources are remaining: {remaining}")
        listed = [deleted, content]
        if finalizers_left:
            message = f"Some content in the namespace has finalizers remaining: {finalizers}"
            listed.append(("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", message))
        for condition in listed:
            conditions.set_condition(status, dict(zip(("type", "status", "reason", "message"), condition, strict=True)), self.context.stamp)
        self.context.set_status(NAMESPACES, namespace, status)

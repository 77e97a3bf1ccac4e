"""Consequences of a change: what a deletion also deletes, and which controllers and delivery tools may revert a change."""

from typing import Any

from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ResourceName
from k8sconsole.tools.context import ToolContext

_IN_A_NAMESPACE = ("pods", "deployments.apps", "statefulsets.apps", "services", "configmaps", "secrets", "persistentvolumeclaims")
_OWN_PODS = {"replicasets.apps": "ReplicaSet", "statefulsets.apps": "StatefulSet", "daemonsets.apps": "DaemonSet", "jobs.batch": "Job"}
_PEOPLE = ("kubectl", "k8sconsole", "kube-controller-manager", "kubelet", "before-first-apply")
_TOOLS = {"argocd": "Argo CD", "kustomize-controller": "Flux", "helm-controller": "Flux", "helm": "Helm"}
_PROTECTIONS = {
    "networkpolicies.networking.k8s.io": "the pods that it selects lose its limits on traffic",
    "validatingwebhookconfigurations.admissionregistration.k8s.io": "what it refused is accepted from now on",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": "what it changed or added is left as it is sent from now on",
    "validatingadmissionpolicies.admissionregistration.k8s.io": "what it refused is accepted from now on",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": "what it refused is accepted from now on",
    "resourcequotas": "its limits on the namespace no longer hold",
    "limitranges": "its limits and defaults for new pods no longer hold",
    "poddisruptionbudgets.policy": "evictions and drains no longer wait for its pods",
    "rolebindings.rbac.authorization.k8s.io": "those that it names lose these rights",
    "clusterrolebindings.rbac.authorization.k8s.io": "those that it names lose these rights",
    "roles.rbac.authorization.k8s.io": "every binding to it gives nothing from now on",
    "clusterroles.rbac.authorization.k8s.io": "every binding to it gives nothing from now on",
}
"""What is lost with a kind that protects or permits something."""
_STATEFUL = frozenset({"persistentvolumeclaims", "persistentvolumes", "statefulsets.apps"})


async def deletion_impact(context: ToolContext, cluster: ClusterName, resource: ApiResource, obj: dict[str, Any]) -> tuple[str, ...]:
    """Sentences, the most serious first."""
    meta = obj.get("metadata", {})
    namespace, name = meta.get("namespace", ""), meta.get("name", "")
    return (
        *await _contained_objects(context, cluster, resource, name),
        *await _owned_pods(context, cluster, resource, namespace, name, obj),
        *_kind_warnings(resource.name, obj),
        *_delivery_warnings(meta),
        *([f"waits for its finalizers: {', '.join(meta['finalizers'])}"] if meta.get("finalizers") else []),
    )


async def count_deleted(context: ToolContext, cluster: ClusterName, resource: ApiResource, name: str) -> int:
    """How many objects a deletion removes, as far as the cache knows: the object, and what a namespace or a CRD contains."""
    if resource.name == "namespaces":
        return 1 + sum([await _count_objects(context, cluster, kind, (name,)) for kind in _IN_A_NAMESPACE])
    if resource.name == "customresourcedefinitions.apiextensions.k8s.io":
        return 1 + await _count_objects(context, cluster, name, ())
    return 1


async def _contained_objects(context: ToolContext, cluster: ClusterName, resource: ApiResource, name: str) -> list[str]:
    if resource.name == "namespaces":
        counts = [(kind, await _count_objects(context, cluster, kind, (name,))) for kind in _IN_A_NAMESPACE]
        counted = ", ".join(f"{count} {kind.partition('.')[0]}" for kind, count in counts if count)
        return [f"everything in namespace {name} is deleted too" + (f": {counted}" if counted else "")]
    if resource.name == "customresourcedefinitions.apiextensions.k8s.io":
        return [f"every object of the kind is deleted too: {await _count_objects(context, cluster, name, ())} known"]
    return []


async def _owned_pods(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str, obj: dict[str, Any]
) -> list[str]:
    if resource.name == "deployments.apps":
        replicas = obj.get("status", {}).get("replicas", 0)
        return [f"its {replicas} pods are deleted"] if replicas else []
    if resource.name not in _OWN_PODS or context.store is None:
        return []
    owner = f"{_OWN_PODS[resource.name]}/{name}"
    rows = await context.store.objects.rows(RowQuery(ResourceName("pods"), clusters=(cluster,), namespaces=(Namespace(namespace),)))
    own = sum(row.owner == owner for row in rows.rows)
    return [f"its {own} pods are deleted"] if own else []


def _kind_warnings(resource: str, obj: dict[str, Any]) -> list[str]:
    spec, meta = obj.get("spec", {}), obj.get("metadata", {})
    owners = [owner.get("kind", "") for owner in meta.get("ownerReferences") or []]
    if resource == "statefulsets.apps" and spec.get("replicas", 1) == 1:
        return ["the only replica of a StatefulSet: no pod serves until it is recreated; its volume claims stay"]
    if resource == "pods" and "StatefulSet" in owners:
        return ["a pod of a StatefulSet: it is recreated with its name and volumes; until then it is missing"]
    if resource == "pods" and not owners:
        return ["this pod has no owner: nothing recreates it"]
    if resource == "persistentvolumeclaims":
        return ["its data is deleted too if the volume's reclaim policy is Delete"]
    if resource in _PROTECTIONS:
        return [_PROTECTIONS[resource]]
    if resource == "nodes":
        return ["the cluster loses the node's pods until the node registers again"]
    return ["a controller owns it and will recreate it"] if owners and resource not in _STATEFUL else []


def _delivery_warnings(meta: dict[str, Any]) -> list[str]:
    """A sentence about the delivery tool that manages the object."""
    manager = delivery_tool(meta)
    return [f"{manager} manages it and may recreate it, or fail without it"] if manager else []


async def _count_objects(context: ToolContext, cluster: ClusterName, kind: str, namespaces: tuple[str, ...]) -> int:
    if context.store is None:
        return 0
    return (
        await context.store.objects.rows(
            RowQuery(ResourceName(kind), clusters=(cluster,), namespaces=tuple(map(Namespace, namespaces)), limit=1)
        )
    ).total


def owner_warnings(obj: dict[str, Any]) -> tuple[str, ...]:
    """Sentences about the controlling owner, and the delivery tool or else the field managers that are neither people nor Kubernetes."""
    meta = obj.get("metadata") or {}
    controllers = [one for one in meta.get("ownerReferences") or [] if one.get("controller")]
    sentences = [f"{one.get('kind')} {one.get('name')} controls it and may revert the change" for one in controllers]
    by_labels = delivery_tool(meta)
    if by_labels:
        return (*sentences, f"{by_labels} manages it and may revert the change")
    managers = {str(one.get("manager", "")) for one in meta.get("managedFields") or [] if not one.get("subresource")}
    foreign = sorted(name for name in managers if name and not name.startswith(_PEOPLE))
    return (*sentences, *(f"{_display_name(name)} writes some of its fields and may revert the change" for name in foreign))


def delivery_tool(meta: dict[str, Any]) -> str:
    """The delivery tool that labels and annotations name: Argo CD, Flux, Helm with its release, or another. Empty for none."""
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    if "argocd.argoproj.io/tracking-id" in annotations or "argocd.argoproj.io/instance" in labels:
        return "Argo CD"
    if any(key.startswith(("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")) for key in labels):
        return "Flux"
    manager = str(labels.get("app.kubernetes.io/managed-by") or "")
    if manager == "Helm":
        return f"Helm (release {annotations.get('meta.helm.sh/release-name', 'unknown')})"
    return "" if manager.startswith(_PEOPLE) else manager


def _display_name(manager: str) -> str:
    return next((name for key, name in _TOOLS.items() if manager.startswith(key)), manager)

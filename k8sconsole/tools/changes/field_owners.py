"""Controllers, delivery tools and field managers that write an object and may revert a change."""

from typing import Any

_PEOPLE = ("kubectl", "k8sconsole", "kube-controller-manager", "kubelet", "before-first-apply")
_TOOLS = {"argocd": "Argo CD", "kustomize-controller": "Flux", "helm-controller": "Flux", "helm": "Helm"}


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

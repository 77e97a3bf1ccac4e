"""Which other objects a description shows: the pods of a workload or a node, the endpoints of a Service, the users of a claim."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.model.describe.sections import JsonNode
from k8sconsole.model.tables.shape_decoder import convert_leniently
from k8sconsole.model.tables.shapes import Selector, selector_cell

PODS = "pods"
REPLICA_SETS = "replicasets.apps"
SLICES = "endpointslices.discovery.k8s.io"
SERVICES = "services"
QUOTAS = "resourcequotas"
LIMITS = "limitranges"
LEASES = "leases.coordination.k8s.io"


class RelatedQuery(msgspec.Struct, frozen=True):
    """Objects of one kind. namespace: empty for all. expression: a typed filter; the sections check ownership themselves."""

    resource: str
    namespace: str
    expression: str = ""


Related = Mapping[str, Sequence[dict[str, Any]] | None]
"""Objects by the resource of their query; None, or no entry, where they could not be read."""


def list_related(resource: str, body: dict[str, Any]) -> tuple[RelatedQuery, ...]:
    """The other objects that the description of this one shows."""
    build = _QUERIES.get(resource)
    obj = JsonNode(body)
    return tuple(build(obj, str(obj.at("metadata", "namespace")))) if build is not None else ()


def _selected_pods(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    selector = obj.at("spec", "selector")
    plain = selector.value if isinstance(selector.value, dict) else {}
    labels = plain if "matchLabels" in plain or "matchExpressions" in plain else {"matchLabels": plain}
    words = selector_cell(convert_leniently(labels, Selector))
    return [RelatedQuery(PODS, namespace, f'-l "{words}"')] if words else []


def _deployment(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    pods = _selected_pods(obj, namespace)
    return [*(msgspec.structs.replace(each, resource=REPLICA_SETS) for each in pods), *pods]


def _service(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    if str(obj.at("spec", "type")) == "ExternalName":
        return []
    return [RelatedQuery(SLICES, namespace, f'-l "kubernetes.io/service-name={obj.at("metadata", "name")}"')]


def _ingress(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    names = sorted({service for service, _ in list_backends(obj)})
    if not names:
        return []
    slices = RelatedQuery(SLICES, namespace, f'-l "kubernetes.io/service-name in ({",".join(names)})"')
    return [slices, RelatedQuery(SERVICES, namespace, " or ".join(f"name={name}" for name in names))]


def list_backends(ingress: JsonNode) -> list[tuple[str, str]]:
    """Each service of an Ingress with its port's number or name, in the order of the rules, once."""
    spec = ingress["spec"]
    backends = [spec["defaultBackend"], *(path["backend"] for rule in spec["rules"] for path in rule.at("http", "paths"))]
    services = [backend["service"] for backend in backends if backend["service"]]
    return list(dict.fromkeys((str(each["name"]), str(each["port"]["number"] or each["port"]["name"])) for each in services))


def _claim(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    """Pods that name the claim, and the pod that owns the claim of an ephemeral volume."""
    owners = [str(owner["name"]) for owner in obj.at("metadata", "ownerReferences") if str(owner["kind"]) == "Pod"]
    named = f"spec.volumes[*].persistentVolumeClaim.claimName={obj.at('metadata', 'name')}"
    return [RelatedQuery(PODS, namespace, " or ".join([named, *(f"name={name}" for name in owners)]))]


def _node(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    name = obj.at("metadata", "name")
    return [
        RelatedQuery(PODS, "", f"node={name} and phase!=Succeeded and phase!=Failed"),
        RelatedQuery(LEASES, "kube-node-lease", f"name={name}"),
    ]


def _namespace(obj: JsonNode, namespace: str) -> list[RelatedQuery]:
    name = str(obj.at("metadata", "name"))
    return [RelatedQuery(QUOTAS, name), RelatedQuery(LIMITS, name)]


_QUERIES: dict[str, Callable[[JsonNode, str], list[RelatedQuery]]] = {
    "deployments.apps": _deployment,
    "replicasets.apps": _selected_pods,
    "replicationcontrollers": _selected_pods,
    "statefulsets.apps": _selected_pods,
    "daemonsets.apps": _selected_pods,
    "jobs.batch": _selected_pods,
    "services": _service,
    "ingresses.networking.k8s.io": _ingress,
    "persistentvolumeclaims": _claim,
    "nodes": _node,
    "namespaces": _namespace,
}

"""The kinds the demo cluster serves: group, version, names, scope and subresources, as in Kubernetes.

`RESOURCES` holds the built-in kinds. A `ResourceRegistry` holds one cluster's kinds, custom ones included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = ("get", "list")
STATUS = ("status",)
SCALED = ("status", "scale")


@dataclass(frozen=True, slots=True)
class ServedResource:
    """One served kind in one version.

    `key` is `apps/deployments` or `/pods`, the same for all versions of a kind. `stored_as` is the key of the kind that holds its
    objects, when that is another one (two groups serve events). `definition` is the version entry of the CustomResourceDefinition that
    defines a custom kind, and None for a built-in kind.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[str, ...] = ()
    generation: bool = True
    stored_as: str = ""
    definition: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Computed once, because the store reads it on every call.
        object.__setattr__(self, "key", self.stored_as or f"{self.group}/{self.plural}")

    @property
    def custom(self) -> bool:
        return self.definition is not None

    @property
    def columns(self) -> list[dict[str, Any]]:
        """A custom kind's additionalPrinterColumns."""
        return list((self.definition or {}).get("additionalPrinterColumns") or ())

    @property
    def selectable(self) -> tuple[str, ...]:
        """Additional fields by which field selectors can select a custom kind."""
        return tuple(each["jsonPath"].lstrip(".") for each in (self.definition or {}).get("selectableFields") or ())

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_name(self) -> str:
        """`deployments.apps` or `pods`: the name in the server's messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def has_status(self) -> bool:
        return "status" in self.subresources


@dataclass(frozen=True, slots=True)
class _GroupVersion:
    """One group and version. Calling it makes one of its kinds, which keeps the table below short."""

    group: str
    version: str

    def __call__(
        self,
        kind: str,
        plural: str,
        short: str = "",
        *,
        scope: str = "ns",
        subs: tuple[str, ...] = (),
        categories: tuple[str, ...] = (),
        verbs: tuple[str, ...] = ALL_VERBS,
        generation: bool = True,
        stored_as: str = "",
    ) -> ServedResource:
        names = tuple(short.split())
        namespaced = scope == "ns"
        return ServedResource(
            self.group, self.version, kind, plural, kind.lower(), namespaced, names, categories, verbs, subs, generation, stored_as
        )


_core = _GroupVersion("", "v1")
_apps = _GroupVersion("apps", "v1")
_batch = _GroupVersion("batch", "v1")
_net = _GroupVersion("networking.k8s.io", "v1")
_rbac = _GroupVersion("rbac.authorization.k8s.io", "v1")
_storage = _GroupVersion("storage.k8s.io", "v1")
_admission = _GroupVersion("admissionregistration.k8s.io", "v1")
_flow = _GroupVersion("flowcontrol.apiserver.k8s.io", "v1")
_devices = _GroupVersion("resource.k8s.io", "v1")
_metrics = _GroupVersion("metrics.k8s.io", "v1beta1")
_authz = _GroupVersion("authorization.k8s.io", "v1")
_authn = _GroupVersion("authentication.k8s.io", "v1")
_ALL = ("all",)
_EXT = ("api-extensions",)
_CREATE_ONLY = ("create",)
_POD_SUBS = ("status", "log", "eviction", "binding", "ephemeralcontainers", "exec", "portforward")

_BUILT_IN_KINDS: tuple[ServedResource, ...] = (
    _core("Binding", "bindings", verbs=_CREATE_ONLY),
    _core("ConfigMap", "configmaps", "cm", generation=False),
    _core("Endpoints", "endpoints", "ep", generation=False),
    _core("Event", "events", "ev", generation=False),
    _core("LimitRange", "limitranges", "limits", generation=False),
    _core("Namespace", "namespaces", "ns", scope="cluster", subs=("status", "finalize"), generation=False),
    _core("Node", "nodes", "no", scope="cluster", subs=STATUS, generation=False),
    _core("PersistentVolumeClaim", "persistentvolumeclaims", "pvc", subs=STATUS, generation=False),
    _core("PersistentVolume", "persistentvolumes", "pv", scope="cluster", subs=STATUS, generation=False),
    _core("Pod", "pods", "po", subs=_POD_SUBS, categories=_ALL),
    _core("PodTemplate", "podtemplates"),
    _core("ReplicationController", "replicationcontrollers", "rc", subs=SCALED, categories=_ALL),
    _core("ResourceQuota", "resourcequotas", "quota", subs=STATUS, generation=False),
    _core("Secret", "secrets", generation=False),
    _core("ServiceAccount", "serviceaccounts", "sa", subs=("token",), generation=False),
    _core("Service", "services", "svc", subs=STATUS, categories=_ALL, generation=False),
    _apps("ControllerRevision", "controllerrevisions", generation=False),
    _apps("DaemonSet", "daemonsets", "ds", subs=STATUS, categories=_ALL),
    _apps("Deployment", "deployments", "deploy", subs=SCALED, categories=_ALL),
    _apps("ReplicaSet", "replicasets", "rs", subs=SCALED, categories=_ALL),
    _apps("StatefulSet", "statefulsets", "sts", subs=SCALED, categories=_ALL),
    _batch("CronJob", "cronjobs", "cj", subs=STATUS, categories=_ALL),
    _batch("Job", "jobs", subs=STATUS, categories=_ALL),
    _GroupVersion("autoscaling", "v2")(
        "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", subs=STATUS, categories=_ALL, generation=False
    ),
    _GroupVersion("autoscaling", "v1")(
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "hpa",
        subs=STATUS,
        categories=_ALL,
        generation=False,
        stored_as="autoscaling/horizontalpodautoscalers",
    ),
    _net("IngressClass", "ingressclasses", scope="cluster"),
    _net("Ingress", "ingresses", "ing", subs=STATUS),
    _net("NetworkPolicy", "networkpolicies", "netpol"),
    _net("IPAddress", "ipaddresses", "ip", scope="cluster", generation=False),
    _net("ServiceCIDR", "servicecidrs", scope="cluster", subs=STATUS, generation=False),
    _GroupVersion("discovery.k8s.io", "v1")("EndpointSlice", "endpointslices"),
    _GroupVersion("policy", "v1")("PodDisruptionBudget", "poddisruptionbudgets", "pdb", subs=STATUS),
    _rbac("ClusterRoleBinding", "clusterrolebindings", scope="cluster", generation=False),
    _rbac("ClusterRole", "clusterroles", scope="cluster", generation=False),
    _rbac("RoleBinding", "rolebindings", generation=False),
    _rbac("Role", "roles", generation=False),
    _storage("CSIDriver", "csidrivers", scope="cluster", generation=False),
    _storage("CSIStorageCapacity", "csistoragecapacities", generation=False),
    _storage("VolumeAttributesClass", "volumeattributesclasses", "vac", scope="cluster", generation=False),
    _storage("CSINode", "csinodes", scope="cluster", generation=False),
    _storage("StorageClass", "storageclasses", "sc", scope="cluster", generation=False),
    _storage("VolumeAttachment", "volumeattachments", scope="cluster", subs=STATUS, generation=False),
    _GroupVersion("coordination.k8s.io", "v1")("Lease", "leases", generation=False),
    _GroupVersion("scheduling.k8s.io", "v1")("PriorityClass", "priorityclasses", "pc", scope="cluster"),
    _GroupVersion("apiextensions.k8s.io", "v1")(
        "CustomResourceDefinition", "customresourcedefinitions", "crd crds", scope="cluster", subs=STATUS, categories=_EXT
    ),
    _GroupVersion("apiregistration.k8s.io", "v1")(
        "APIService", "apiservices", scope="cluster", subs=STATUS, categories=_EXT, generation=False
    ),
    _admission("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", scope="cluster", categories=_EXT),
    _admission("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", scope="cluster", categories=_EXT),
    _admission("ValidatingAdmissionPolicy", "validatingadmissionpolicies", scope="cluster", subs=STATUS, categories=_EXT),
    _admission("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", scope="cluster", categories=_EXT),
    _admission("MutatingAdmissionPolicy", "mutatingadmissionpolicies", scope="cluster", categories=_EXT),
    _admission("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", scope="cluster", categories=_EXT),
    _devices("DeviceClass", "deviceclasses", scope="cluster"),
    _devices("ResourceClaim", "resourceclaims", subs=STATUS, generation=False),
    _devices("ResourceClaimTemplate", "resourceclaimtemplates", generation=False),
    _devices("ResourceSlice", "resourceslices", scope="cluster"),
    _GroupVersion("certificates.k8s.io", "v1")(
        "CertificateSigningRequest", "certificatesigningrequests", "csr", scope="cluster", subs=("status", "approval"), generation=False
    ),
    _GroupVersion("events.k8s.io", "v1")("Event", "events", "ev", generation=False, stored_as="/events"),
    _GroupVersion("node.k8s.io", "v1")("RuntimeClass", "runtimeclasses", scope="cluster", generation=False),
    _flow("FlowSchema", "flowschemas", scope="cluster", subs=STATUS),
    _flow("PriorityLevelConfiguration", "prioritylevelconfigurations", scope="cluster", subs=STATUS),
    _metrics("NodeMetrics", "nodes", scope="cluster", verbs=READ_VERBS),
    _metrics("PodMetrics", "pods", verbs=READ_VERBS),
    _authz("LocalSubjectAccessReview", "localsubjectaccessreviews", verbs=_CREATE_ONLY),
    _authz("SelfSubjectAccessReview", "selfsubjectaccessreviews", scope="cluster", verbs=_CREATE_ONLY),
    _authz("SelfSubjectRulesReview", "selfsubjectrulesreviews", scope="cluster", verbs=_CREATE_ONLY),
    _authz("SubjectAccessReview", "subjectaccessreviews", scope="cluster", verbs=_CREATE_ONLY),
    _authn("SelfSubjectReview", "selfsubjectreviews", scope="cluster", verbs=_CREATE_ONLY),
    _authn("TokenReview", "tokenreviews", scope="cluster", verbs=_CREATE_ONLY),
)


class ResourceRegistry:
    """The kinds one cluster serves, found by path or by kind.

    silent_groups: groups that are registered, but whose server does not answer.
    """

    def __init__(self, resources: tuple[ServedResource, ...] = _BUILT_IN_KINDS) -> None:
        self.silent_groups: set[str] = set()
        self._by_path = {(each.group, each.version, each.plural): each for each in resources}

    def __iter__(self) -> Iterator[ServedResource]:
        return iter(self._by_path.values())

    def add(self, resource: ServedResource) -> None:
        self._by_path[resource.group, resource.version, resource.plural] = resource

    def remove_group_kind(self, group: str, plural: str) -> None:
        """Stop serving every version of a custom kind."""
        for path in [path for path in self._by_path if path[0] == group and path[2] == plural]:
            del self._by_path[path]

    def find(self, group: str, version: str, plural: str) -> ServedResource | None:
        return self._by_path.get((group, version, plural))

    def find_by_kind(self, api_version: str, kind: str) -> ServedResource | None:
        return next((each for each in self if each.kind == kind and each.api_version == api_version), None)

    def versions(self, group: str) -> list[str]:
        """The versions of a group, the preferred one first."""
        return list(dict.fromkeys(each.version for each in self if each.group == group))

    def groups(self) -> list[str]:
        """The named groups in discovery order, without the core group."""
        return [group for group in dict.fromkeys(each.group for each in self) if group]


RESOURCES: Mapping[str, ServedResource] = {each.key: each for each in _BUILT_IN_KINDS if not each.stored_as}

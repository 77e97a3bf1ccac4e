"""The kinds that every Kubernetes 1.36 cluster serves, so that ``:pods`` works before discovery; and their scan tiers."""

from enum import StrEnum

from k8sconsole.model.refs import ApiResource, ResourceName

METRICS_GROUP = "metrics.k8s.io"


class Tier(StrEnum):
    """How often a kind is read: STATIC every half hour, DYNAMIC every five minutes, OTHER after the static kinds."""

    STATIC = "static"
    DYNAMIC = "dynamic"
    OTHER = "other"


_STATIC = frozenset({"nodes", "namespaces", "resourcequotas", "storageclasses.storage.k8s.io", "persistentvolumes"})
_DYNAMIC = frozenset(
    {
        "pods",
        "deployments.apps",
        "replicasets.apps",
        "services",
        "endpoints",
        "endpointslices.discovery.k8s.io",
        "ingresses.networking.k8s.io",
        "configmaps",
        "secrets",
        "events",
        "pods.metrics.k8s.io",
        "nodes.metrics.k8s.io",
    }
)

_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_READ_ONLY = {"componentstatuses": ("get", "list"), "pods.metrics.k8s.io": ("get", "list"), "nodes.metrics.k8s.io": ("get", "list")}
_SUBRESOURCES = {
    "pods": ("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize", "status"),
    "nodes": ("proxy", "status"),
    "namespaces": ("finalize", "status"),
    "services": ("proxy", "status"),
    "serviceaccounts": ("token",),
    "certificatesigningrequests.certificates.k8s.io": ("approval", "status"),
} | dict.fromkeys(("deployments.apps", "replicasets.apps", "statefulsets.apps", "replicationcontrollers"), ("scale", "status"))

# group/version, then one line per kind: Kind, plural, short names or -, N for namespaced or C for cluster-wide, categories
_TABLE = """
/v1
ComponentStatus componentstatuses cs C
ConfigMap configmaps cm N
Endpoints endpoints ep N
Event events ev N
LimitRange limitranges limits N
Namespace namespaces ns C
Node nodes no C
PersistentVolume persistentvolumes pv C
PersistentVolumeClaim persistentvolumeclaims pvc N
Pod pods po N all
PodTemplate podtemplates - N
ReplicationController replicationcontrollers rc N all
ResourceQuota resourcequotas quota N
Secret secrets - N
Service services svc N all
ServiceAccount serviceaccounts sa N
admissionregistration.k8s.io/v1
MutatingAdmissionPolicy mutatingadmissionpolicies - C api-extensions
MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings - C api-extensions
MutatingWebhookConfiguration mutatingwebhookconfigurations - C api-extensions
ValidatingAdmissionPolicy validatingadmissionpolicies - C api-extensions
ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings - C api-extensions
ValidatingWebhookConfiguration validatingwebhookconfigurations - C api-extensions
apiextensions.k8s.io/v1
CustomResourceDefinition customresourcedefinitions crd,crds C api-extensions
apiregistration.k8s.io/v1
APIService apiservices - C api-extensions
apps/v1
ControllerRevision controllerrevisions - N
DaemonSet daemonsets ds N all
Deployment deployments deploy N all
ReplicaSet replicasets rs N all
StatefulSet statefulsets sts N all
autoscaling/v2
HorizontalPodAutoscaler horizontalpodautoscalers hpa N all
batch/v1
CronJob cronjobs cj N all
Job jobs - N all
certificates.k8s.io/v1
CertificateSigningRequest certificatesigningrequests csr C
coordination.k8s.io/v1
Lease leases - N
discovery.k8s.io/v1
EndpointSlice endpointslices - N
events.k8s.io/v1
Event events ev N
flowcontrol.apiserver.k8s.io/v1
FlowSchema flowschemas - C
PriorityLevelConfiguration prioritylevelconfigurations - C
networking.k8s.io/v1
Ingress ingresses ing N
IngressClass ingressclasses - C
IPAddress ipaddresses ip C
NetworkPolicy networkpolicies netpol N
ServiceCIDR servicecidrs - C
node.k8s.io/v1
RuntimeClass runtimeclasses - C
policy/v1
PodDisruptionBudget poddisruptionbudgets pdb N
rbac.authorization.k8s.io/v1
ClusterRole clusterroles - C
ClusterRoleBinding clusterrolebindings - C
Role roles - N
RoleBinding rolebindings - N
resource.k8s.io/v1
DeviceClass deviceclasses - C
ResourceClaim resourceclaims - N
ResourceClaimTemplate resourceclaimtemplates - N
ResourceSlice resourceslices - C
scheduling.k8s.io/v1
PriorityClass priorityclasses pc C
storage.k8s.io/v1
CSIDriver csidrivers - C
CSINode csinodes - C
CSIStorageCapacity csistoragecapacities - N
StorageClass storageclasses sc C
VolumeAttachment volumeattachments - C
VolumeAttributesClass volumeattributesclasses vac C
"""


def _resource(group: str, version: str, line: str) -> ApiResource:
    kind, plural, short, scope, *categories = line.split()
    name = f"{plural}.{group}" if group else plural
    return ApiResource(
        group,
        version,
        kind,
        plural,
        scope == "N",
        kind.lower(),
        tuple(short.split(",")) if short != "-" else (),
        tuple(categories),
        _READ_ONLY.get(name, _VERBS),
        _SUBRESOURCES.get(name, ()),
    )


def _read(table: str) -> tuple[ApiResource, ...]:
    found = []
    group = version = ""
    for line in table.strip().splitlines():
        if " " in line:
            found.append(_resource(group, version, line))
        else:
            group, _, version = line.partition("/")
    return tuple(found)


BUILTIN: tuple[ApiResource, ...] = _read(_TABLE)
_BUILTIN_NAMES = frozenset(resource.name for resource in BUILTIN)


def tier_of(resource: ResourceName | str) -> Tier:
    return Tier.STATIC if resource in _STATIC else Tier.DYNAMIC if resource in _DYNAMIC else Tier.OTHER


def is_served_apart(resource: ResourceName) -> bool:
    """Whether another server than the API server itself may be behind this kind, so that it can be down alone."""
    return resource not in _BUILTIN_NAMES or resource.partition(".")[2] == METRICS_GROUP

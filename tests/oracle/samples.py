"""Objects of every kind that the API server has a printer for, and how many of each."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.oracle import cluster_samples as cluster
from tests.oracle import network_samples as network
from tests.oracle import server_samples as server
from tests.oracle import storage_samples as storage
from tests.oracle import workload_samples as workloads
from tests.oracle.dice import Dice
from tests.oracle.pod_samples import make_pod, make_pod_template

Json = dict[str, Any]
Maker = Callable[[Dice], Json]

COMMON: dict[str, Maker] = {
    "pods": make_pod,
    "nodes": cluster.make_node,
    "jobs.batch": workloads.make_job,
    "services": network.make_service,
    "persistentvolumeclaims": storage.make_claim,
    "horizontalpodautoscalers.autoscaling": workloads.make_autoscaler,
    "ingresses.networking.k8s.io": network.make_ingress,
    "events": cluster.make_event,
    "deployments.apps": workloads.make_deployment,
    "cronjobs.batch": workloads.make_cron_job,
}
RARE: dict[str, Maker] = {
    "replicasets.apps": workloads.make_replica_set,
    "statefulsets.apps": workloads.make_stateful_set,
    "daemonsets.apps": workloads.make_daemon_set,
    "replicationcontrollers": workloads.make_replication_controller,
    "controllerrevisions.apps": workloads.make_revision,
    "podtemplates": make_pod_template,
    "poddisruptionbudgets.policy": workloads.make_budget,
    "events.events.k8s.io": cluster.make_new_event,
    "namespaces": cluster.make_namespace,
    "configmaps": cluster.make_config_map,
    "secrets": cluster.make_secret,
    "serviceaccounts": cluster.make_service_account,
    "resourcequotas": cluster.make_quota,
    "componentstatuses": cluster.make_component_status,
    "rolebindings.rbac.authorization.k8s.io": cluster.make_role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": cluster.make_cluster_role_binding,
    "certificatesigningrequests.certificates.k8s.io": cluster.make_certificate_request,
    "podcertificaterequests.certificates.k8s.io": cluster.make_pod_certificate_request,
    "clustertrustbundles.certificates.k8s.io": cluster.make_trust_bundle,
    "leases.coordination.k8s.io": cluster.make_lease,
    "leasecandidates.coordination.k8s.io": cluster.make_lease_candidate,
    "priorityclasses.scheduling.k8s.io": cluster.make_priority_class,
    "runtimeclasses.node.k8s.io": cluster.make_runtime_class,
    "ingressclasses.networking.k8s.io": network.make_ingress_class,
    "networkpolicies.networking.k8s.io": network.make_network_policy,
    "servicecidrs.networking.k8s.io": network.make_service_range,
    "ipaddresses.networking.k8s.io": network.make_address,
    "endpoints": network.make_endpoints,
    "endpointslices.discovery.k8s.io": network.make_endpoint_slice,
    "persistentvolumes": storage.make_volume,
    "storageclasses.storage.k8s.io": storage.make_storage_class,
    "volumeattributesclasses.storage.k8s.io": storage.make_attributes_class,
    "volumeattachments.storage.k8s.io": storage.make_attachment,
    "csidrivers.storage.k8s.io": storage.make_csi_driver,
    "csinodes.storage.k8s.io": storage.make_csi_node,
    "csistoragecapacities.storage.k8s.io": storage.make_csi_capacity,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": server.make_mutating_webhooks,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": server.make_validating_webhooks,
    "validatingadmissionpolicies.admissionregistration.k8s.io": server.make_validating_policy,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": server.make_mutating_policy,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": server.make_validating_policy_binding,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": server.make_mutating_policy_binding,
    "flowschemas.flowcontrol.apiserver.k8s.io": server.make_flow_schema,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": server.make_priority_level,
    "deviceclasses.resource.k8s.io": server.make_device_class,
    "resourceclaims.resource.k8s.io": server.make_resource_claim,
    "resourceclaimtemplates.resource.k8s.io": server.make_resource_claim_template,
    "resourceslices.resource.k8s.io": server.make_resource_slice,
    "devicetaintrules.resource.k8s.io": server.make_device_taint,
    "resourcepoolstatusrequests.resource.k8s.io": server.make_pool_request,
    "storageversionmigrations.storagemigration.k8s.io": server.make_migration,
    "storageversions.internal.apiserver.k8s.io": server.make_storage_version,
    "podgroups.scheduling.k8s.io": server.make_pod_group,
}


def generate(count: int, seed: int, now: float) -> Iterator[tuple[str, Json]]:
    """Resource names with objects: two thirds are of the kinds that people look at most. now: seconds since the epoch."""
    dice = Dice(seed, now)
    makers = {**COMMON, **RARE}
    common, rare = list(COMMON), list(RARE)
    for at in range(count):
        resource = rare[at // 3 % len(rare)] if at % 3 == 0 else common[at % len(common)]
        yield resource, _drop_a_part(dice, makers[resource](dice))


def _drop_a_part(dice: Dice, obj: Json) -> Json:
    """The object, rarely without its spec, its status or another of its parts, as objects are before a controller has seen them.

    A DeviceTaintRule keeps its spec: the server would write the present time into it.
    """
    parts = [part for part in obj if part not in ("apiVersion", "kind", "metadata") and obj["kind"] != "DeviceTaintRule"]
    lost = dice.choice(parts) if parts and dice.chance(0.04) else ""
    return {part: value for part, value in obj.items() if part != lost}

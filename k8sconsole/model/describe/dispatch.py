"""The description of each kind."""

from collections.abc import Callable, Sequence
from typing import Any

from k8sconsole.model.describe import cluster as event_kind
from k8sconsole.model.describe import cluster as nodes
from k8sconsole.model.describe import configuration, endpoints, networking, node_pods, owned_pods, pods, storage, workloads
from k8sconsole.model.describe.general import describe_conditions, describe_events, describe_fields, describe_identity
from k8sconsole.model.describe.related import Related, list_related
from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_section, make_unknown_section
from k8sconsole.model.refs import ApiResource

Form = Callable[[JsonNode, float], list[Section]]

_FORMS: dict[str, Form] = {
    "pods": pods.describe_pod,
    "deployments.apps": workloads.describe_deployment,
    "replicasets.apps": workloads.describe_replica_set,
    "statefulsets.apps": workloads.describe_stateful_set,
    "daemonsets.apps": workloads.describe_daemon_set,
    "jobs.batch": workloads.describe_job,
    "cronjobs.batch": workloads.describe_cron_job,
    "horizontalpodautoscalers.autoscaling": workloads.describe_autoscaler,
    "services": networking.describe_service,
    "endpoints": networking.describe_endpoints,
    "ingresses.networking.k8s.io": networking.describe_ingress,
    "persistentvolumes": storage.describe_volume,
    "persistentvolumeclaims": storage.describe_claim,
    "configmaps": configuration.describe_config_map,
    "secrets": configuration.describe_secret,
    "resourcequotas": configuration.describe_quota,
    "namespaces": configuration.describe_namespace,
    "nodes": nodes.describe_node,
    "events": event_kind.describe_event,
    "events.events.k8s.io": event_kind.describe_event,
}


_RELATED_FORMS: dict[str, Callable[[JsonNode, Related, float], list[Section]]] = {
    "deployments.apps": owned_pods.describe_deployment_pods,
    "replicasets.apps": owned_pods.describe_workload_pods,
    "replicationcontrollers": owned_pods.describe_workload_pods,
    "statefulsets.apps": owned_pods.describe_workload_pods,
    "daemonsets.apps": owned_pods.describe_workload_pods,
    "jobs.batch": owned_pods.describe_workload_pods,
    "services": endpoints.describe_service_endpoints,
    "ingresses.networking.k8s.io": endpoints.describe_ingress_endpoints,
    "persistentvolumeclaims": owned_pods.describe_claim_users,
    "nodes": node_pods.describe_node_pods,
    "namespaces": node_pods.describe_namespace_quotas,
}


def describe(
    resource: ApiResource,
    obj: dict[str, Any],
    events_seen: list[dict[str, Any]] | None,
    now: float,
    related: Related | None = None,
    missing: Sequence[str] = (),
) -> list[Section]:
    """The sections that describe an object, followed by its conditions and events. Malformed or absent fields are left out.

    events_seen: the raw events about the object, None where they could not be read; unused where the object is an Event itself. now:
    seconds since the epoch. related: the objects that ``list_related`` asks for; without it their sections are left out. missing:
    what of the events and the related objects could not be read, such as a namespace.
    """
    node = JsonNode(obj)
    form = _FORMS.get(resource.name)
    special = form(node, now) if form is not None else describe_fields(node)
    beside = _RELATED_FORMS.get(resource.name) if related is not None and list_related(resource.name, obj) else None
    others = beside(node, related, now) if beside is not None and related is not None else []
    gaps = make_section("Incomplete", [Line("", reason) for reason in dict.fromkeys(missing)])
    sections = [*describe_identity(node, now), *special, *others, *gaps, *describe_conditions(node, now)]
    if resource.kind == "Event":
        return sections
    return [*sections, *(make_unknown_section("Events", "events") if events_seen is None else describe_events(events_seen, now))]

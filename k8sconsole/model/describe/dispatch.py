"""The description of each kind."""

from collections.abc import Callable
from typing import Any

from k8sconsole.model.describe import cluster as event_kind
from k8sconsole.model.describe import cluster as nodes
from k8sconsole.model.describe import configuration, networking, pods, storage, workloads
from k8sconsole.model.describe.general import describe_conditions, describe_events, describe_fields, describe_identity
from k8sconsole.model.describe.sections import JsonNode, Section
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


def describe(resource: ApiResource, obj: dict[str, Any], events_seen: list[dict[str, Any]], now: float) -> list[Section]:
    """The sections that describe an object, followed by its conditions and events. Malformed or absent fields are left out.

    events_seen: the raw events about the object; unused where the object is an Event itself. now: seconds since the epoch.
    """
    node = JsonNode(obj)
    form = _FORMS.get(resource.name)
    special = form(node, now) if form is not None else describe_fields(node)
    sections = [*describe_identity(node, now), *special, *describe_conditions(node, now)]
    return sections if resource.kind == "Event" else [*sections, *describe_events(events_seen, now)]

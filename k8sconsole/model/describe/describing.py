"""Which long form a kind has."""

from collections.abc import Callable
from typing import Any

from k8sconsole.model.describe import configuration, networking, nodes, pods, storage, workloads
from k8sconsole.model.describe import events as event_kind
from k8sconsole.model.describe.general import conditions, events, identity, remainder
from k8sconsole.model.describe.sections import Node, Section
from k8sconsole.model.refs import ApiResource

Form = Callable[[Node, float], list[Section]]

_FORMS: dict[str, Form] = {
    "pods": pods.pod,
    "deployments.apps": workloads.deployment,
    "replicasets.apps": workloads.replica_set,
    "statefulsets.apps": workloads.stateful_set,
    "daemonsets.apps": workloads.daemon_set,
    "jobs.batch": workloads.job,
    "cronjobs.batch": workloads.cron_job,
    "horizontalpodautoscalers.autoscaling": workloads.autoscaler,
    "services": networking.service,
    "endpoints": networking.endpoints,
    "ingresses.networking.k8s.io": networking.ingress,
    "persistentvolumes": storage.volume,
    "persistentvolumeclaims": storage.claim,
    "configmaps": configuration.config_map,
    "secrets": configuration.secret,
    "resourcequotas": configuration.quota,
    "namespaces": configuration.namespace,
    "nodes": nodes.node,
    "events": event_kind.event,
    "events.events.k8s.io": event_kind.event,
}


def describe(resource: ApiResource, obj: dict[str, Any], events_seen: list[dict[str, Any]], now: float) -> list[Section]:
    """The object at length, conditions and events behind it. now in seconds since the epoch. Odd or missing fields are left out.

    events_seen are the raw events about this object; for a kind that is itself an event they are not asked for.
    """
    node = Node(obj)
    form = _FORMS.get(resource.name)
    special = form(node, now) if form is not None else remainder(node)
    told = [*identity(node, now), *special, *conditions(node, now)]
    return told if resource.kind == "Event" else [*told, *events(events_seen, now)]

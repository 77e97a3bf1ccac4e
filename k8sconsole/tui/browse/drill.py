"""Where enter leads from an object: to what it is made of."""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sconsole.model.refs import Namespace, ObjectRef, ResourceName

INTO_PODS = frozenset(
    {"deployments.apps", "replicasets.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "services", "replicationcontrollers"}
)
"""Kinds that choose pods by labels."""


class DrillTarget(msgspec.Struct, frozen=True):
    """Rows of ``resource`` (a word a person would type), in ``namespaces``, that match ``scope``."""

    resource: str
    namespaces: tuple[Namespace, ...] = ()
    scope: str = ""
    label: str = ""


def needs_body(resource: ResourceName) -> bool:
    return resource in INTO_PODS or resource == "customresourcedefinitions.apiextensions.k8s.io"


def inside(ref: ObjectRef, body: Mapping[str, Any]) -> DrillTarget | None:
    """What the object is made of; None when it holds nothing of its own. body may be empty where needs_body() says so."""
    kind = ref.resource.partition(".")[0].removesuffix("s")
    match ref.resource:
        case "namespaces":
            return DrillTarget("pods", (Namespace(ref.name),))
        case "nodes":
            return DrillTarget("pods", (), f"node={ref.name}", f"node/{ref.name}")
        case "cronjobs.batch":
            return DrillTarget("jobs.batch", (ref.namespace,), f"owner=CronJob/{ref.name}", f"cronjob/{ref.name}")
        case "customresourcedefinitions.apiextensions.k8s.io":
            spec = body.get("spec") or {}
            return DrillTarget(f"{(spec.get('names') or {}).get('plural', '')}.{spec.get('group', '')}")
    if ref.resource in INTO_PODS:
        selector = label_selector((body.get("spec") or {}).get("selector") or {})
        return DrillTarget("pods", (ref.namespace,), f"-l {_quoted(selector)}", f"{kind}/{ref.name}") if selector else None
    return None


def label_selector(selector: Mapping[str, Any]) -> str:
    """A Kubernetes selector, plain labels or matchLabels with matchExpressions, as ``-l`` takes it; empty when it selects nothing."""
    if not {"matchLabels", "matchExpressions"} & set(selector):
        return ",".join(f"{key}={value}" for key, value in selector.items())
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*parts, *(_expression(one) for one in selector.get("matchExpressions") or ())])


def _expression(one: Mapping[str, Any]) -> str:
    key, values = one.get("key", ""), ",".join(one.get("values") or ())
    match one.get("operator"):
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
    return str(key)


def _quoted(selector: str) -> str:
    return f"'{selector}'" if any(sign in selector for sign in " ()!") else selector

"""Where enter leads from an object: to what it is made of."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from k8sconsole.model.filters import quote
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.selectors import format_requirements, selector_of
from k8sconsole.tui.browse.location import Location

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
        selector = format_requirements(selector_of((body.get("spec") or {}).get("selector") or {}))
        return DrillTarget("pods", (ref.namespace,), f"-l {_quoted(selector)}", f"{kind}/{ref.name}") if selector else None
    return None


def _quoted(selector: str) -> str:
    return f"'{selector}'" if any(sign in selector for sign in " ()!") else selector


async def locate_events(ref: ObjectRef, find: Callable[[str, tuple[ClusterName, ...]], Awaitable[ApiResource]]) -> Location:
    """The events about an object. Those about an object without a namespace are in any namespace, usually in default.

    find: kind by name, for clusters.
    """
    about = f"{(await find(ref.resource, (ref.cluster,))).kind.lower()}/{ref.name}"
    namespaces = (ref.namespace,) if ref.namespace else ()
    return Location(await find("events", (ref.cluster,)), (ref.cluster,), namespaces, scope=f"object={quote(about)}", scope_label=about)

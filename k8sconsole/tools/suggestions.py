"""What a parameter may be given: names out of the cache, the likeliest first.

Nothing here asks a cluster: a suggestion comes while somebody types, and a wrong or missing one costs less than a wait.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.policy import Action
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.policy import decide
from k8sconsole.tools.reading.helm_releases import release_names, revision_numbers
from k8sconsole.tools.results import Target
from k8sconsole.tools.spec import ToolSpec

MOST = 50
HELM = "helm"
"""The toolset whose names are not of objects but of releases."""
TIMES = ("-5m", "-15m", "-30m", "-1h", "-6h", "-1d", "yesterday 14:00", "now")
_NEW = frozenset(("k8s_create_deployment", "k8s_run_pod"))
"""Tools whose ``name`` is of something that does not exist yet."""
_OWN_KIND = {"k8s_exec_pod": "pods", "k8s_port_forward": "pods", "k8s_trigger_cronjob": "cronjobs.batch"}
"""Of tools that act on a subresource, or on another kind than the one that is named."""

Asked = tuple[ToolContext, ToolSpec, Mapping[str, Any], str]


async def suggest(context: ToolContext, tool: ToolSpec, parameter: str, given: Mapping[str, Any]) -> list[str]:
    """given: the arguments so far, the one that is being typed among them. Empty where nothing is known of such a parameter."""
    part = str(given.get(parameter) or "")
    closed = _choices(tool, parameter)
    if closed:
        return _ranked(closed, part)
    source = _SOURCES.get(parameter)
    if source is None:
        return []
    try:
        return await source((context, tool, given, part))
    except ConsoleError:
        return []  # a half-typed kind or context: there is nothing to suggest until it is one


def _choices(tool: ToolSpec, parameter: str) -> list[str]:
    schema = tool.input_schema().get("properties", {}).get(parameter, {})
    return ["true", "false"] if schema.get("type") == "boolean" else [str(one) for one in schema.get("enum", ())]


def _ranked(values: Sequence[str], part: str) -> list[str]:
    """Those that begin with it, then those that hold it, each in the order given; of equal ones the first."""
    sought = part.casefold()
    found = [one for one in dict.fromkeys(values) if sought in one.casefold()]
    return sorted(found, key=lambda one: not one.casefold().startswith(sought))[:MOST]


async def _contexts(asked: Asked) -> list[str]:
    environment = asked[0].environment
    return _ranked([*environment.selected(), *(info.name for info in environment.contexts())], asked[3])


async def _kinds(asked: Asked) -> list[str]:
    context, _, given, part = asked
    cluster = context.resolve_context(str(given.get("context") or ""))
    known = await context.store.metadata.resources(cluster) if context.store else []
    plurals = [one.plural if _alone(one, known) else str(one.name) for one in known]
    short = [name for one in known for name in one.short_names]
    return _ranked([*plurals, *(short if part else ())], part)


def _alone(one: ApiResource, known: Sequence[ApiResource]) -> bool:
    return sum(each.plural == one.plural for each in known) == 1


async def _namespaces(asked: Asked) -> list[str]:
    """Those in which the call would be let through."""
    context, tool, given, _ = asked
    cluster = context.resolve_context(str(given.get("context") or ""))
    word = str(given.get("kind") or tool.kind or _OWN_KIND.get(tool.name) or _kind_of(tool))
    resource = await context.find_resource(cluster, word) if word else None
    if _denied(asked, cluster, await context.find_resource(cluster, "namespaces"), ""):
        return []
    return [one for one in await _names(asked, "namespaces", "") if not _denied(asked, cluster, resource, one)]


async def _objects(asked: Asked) -> list[str]:
    """Names of the kind that the tool is about, or that was chosen before."""
    context, tool, given, _ = asked
    if tool.name in _NEW:
        return []
    word = str(given.get("kind") or tool.kind or _OWN_KIND.get(tool.name) or _kind_of(tool))
    if not word:
        return []
    cluster = context.resolve_context(str(given.get("context") or ""))
    resource = await context.find_resource(cluster, word)
    given_space = given.get("namespace")
    if _denied(asked, cluster, resource, given_space):
        return []
    space = given_space if isinstance(given_space, str) and given_space != "*" and resource.namespaced else ""
    if tool.toolset == HELM:
        return _ranked(await release_names(context, cluster, space), asked[3])
    return await _names(asked, resource.name, space)


def _denied(asked: Asked, cluster: ClusterName, resource: ApiResource | None, space: Any) -> bool:
    """What a call would be refused is not told while it is being typed either."""
    context, tool, _, _ = asked
    target = Target(cluster, resource=resource, namespaces=(space,) if isinstance(space, str) and space not in ("", "*") else ())
    return decide(context.environment.policy(), tool, context.call, target).action is Action.DENY


def _kind_of(tool: ToolSpec) -> str:
    """Of tools for one kind, the kind; those of any kind have none."""
    default = str(tool.input_schema().get("properties", {}).get("kind", {}).get("default", ""))
    types = tool.capabilities.resource_types
    return default or (types[0] if len(types) == 1 and types[0] != "*" else "")


async def _names(asked: Asked, kind: str, namespace: str) -> list[str]:
    context, _, given, part = asked
    if context.store is None:
        return []
    cluster = context.resolve_context(str(given.get("context") or ""))
    return await context.store.objects.names(cluster, ResourceName(kind), part, namespace=namespace, limit=MOST)


async def _containers(asked: Asked) -> list[str]:
    """Of the pod, or of the pods of the workload, that was named before."""
    body = await _body(asked, "pods")
    spec = body.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or spec
    return _ranked([str(one.get("name", "")) for part in ("containers", "initContainers") for one in template.get(part) or []], asked[3])


async def _body(asked: Asked, default: str) -> dict[str, Any]:
    context, tool, given, _ = asked
    cluster = context.resolve_context(str(given.get("context") or ""))
    word = str(given.get("kind") or tool.kind or _OWN_KIND.get(tool.name) or _kind_of(tool) or default)
    resource = await context.find_resource(cluster, word)
    if _denied(asked, cluster, resource, given.get("namespace")):
        return {}
    space = Namespace(str(given.get("namespace") or context.default_namespace(cluster)) if resource.namespaced else "")
    found = (
        await context.store.objects.body(ObjectRef(cluster, resource.name, space, str(given.get("name") or ""))) if context.store else None
    )
    return msgspec.json.decode(found) if found else {}


async def _revisions(asked: Asked) -> list[str]:
    """Of the deployment or the release that was named, the newest first."""
    context, tool, given, part = asked
    cluster: ClusterName = context.resolve_context(str(given.get("context") or ""))
    if context.store is None or not given.get("name"):
        return []
    space = Namespace(str(given.get("namespace") or context.default_namespace(cluster)))
    for word in ("secrets",) if tool.toolset == HELM else ("deployments.apps", "replicasets.apps"):
        if _denied(asked, cluster, await context.find_resource(cluster, word), str(space)):
            return []
    if tool.toolset == HELM:
        return _ranked([str(one) for one in await revision_numbers(context, cluster, space, str(given["name"]))], part)
    found = await context.store.objects.bodies(RowQuery(ResourceName("replicasets.apps"), (cluster,), (space,)))
    numbers = {_revision(msgspec.json.decode(body), str(given["name"])) for _, body in found} - {""}
    return _ranked(sorted(numbers, key=lambda one: -int(one)), part)


def _revision(body: dict[str, Any], deployment: str) -> str:
    owners = body["metadata"].get("ownerReferences") or []
    own = any(one.get("kind") == "Deployment" and one.get("name") == deployment for one in owners)
    number = str((body["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", ""))
    return number if own and number.isdigit() else ""


async def _times(asked: Asked) -> list[str]:
    return _ranked(TIMES, asked[3])


_SOURCES: dict[str, Callable[[Asked], Awaitable[list[str]]]] = {
    "context": _contexts,
    "kind": _kinds,
    "kinds": _kinds,
    "namespace": _namespaces,
    "name": _objects,
    "container": _containers,
    "revision": _revisions,
    **dict.fromkeys(("since", "until", "as_of"), _times),
}

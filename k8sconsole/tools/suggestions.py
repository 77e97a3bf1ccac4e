"""Suggestions for tool parameters: names from the cache, the most likely first.

Nothing here sends a request to a cluster. Suggestions appear while the user types, so a wrong or missing one is better than a delay.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
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

MOST_SUGGESTIONS = 50
HELM = "helm"
"""The toolset whose names are those of releases, not of objects."""
TIMES = ("-5m", "-15m", "-30m", "-1h", "-6h", "-1d", "yesterday 14:00", "now")
_CREATING_TOOLS = frozenset(("k8s_create_deployment", "k8s_run_pod"))
"""Tools whose ``name`` must not exist yet."""
_KIND_OF_TOOL = {"k8s_exec_pod": "pods", "k8s_port_forward": "pods", "k8s_trigger_cronjob": "cronjobs.batch"}
"""The kind of ``name`` for tools whose own kind is a subresource or another kind."""


@dataclass(frozen=True)
class _Request:
    """arguments: those entered so far. prefix: what is typed of the parameter."""

    context: ToolContext
    tool: ToolSpec
    arguments: Mapping[str, Any]
    prefix: str

    @property
    def cluster(self) -> ClusterName:
        return self.context.resolve_context(str(self.arguments.get("context") or ""))

    @property
    def kind(self) -> str:
        """The kind that the tool is about, or that was entered before. Empty if unknown."""
        tool = self.tool
        return str(self.arguments.get("kind") or tool.kind or _KIND_OF_TOOL.get(tool.name) or _single_kind(tool))

    def namespace_of(self, resource: ApiResource) -> Namespace:
        """The entered namespace, else the context's default."""
        namespace = self.arguments.get("namespace") or self.context.default_namespace(self.cluster)
        return Namespace(str(namespace) if resource.namespaced else "")

    def rank(self, values: Sequence[str]) -> list[str]:
        """Values that start with the prefix, then values that contain it, each in the given order, without duplicates."""
        prefix = self.prefix.casefold()
        matches = [value for value in dict.fromkeys(values) if prefix in value.casefold()]
        return sorted(matches, key=lambda value: not value.casefold().startswith(prefix))[:MOST_SUGGESTIONS]

    def is_denied(self, resource: ApiResource | None, namespace: Any) -> bool:
        """Whether policy would deny the call. Names that a call could not return are not suggested either."""
        namespaces = (namespace,) if isinstance(namespace, str) and namespace not in ("", "*") else ()
        target = Target(self.cluster, resource=resource, namespaces=namespaces)
        return decide(self.context.environment.policy(), self.tool, self.context.call, target).action is Action.DENY

    async def names(self, kind: str, namespace: str) -> list[str]:
        store = self.context.store
        if store is None:
            return []
        return await store.objects.names(self.cluster, ResourceName(kind), self.prefix, namespace=namespace, limit=MOST_SUGGESTIONS)


async def suggest(context: ToolContext, tool: ToolSpec, parameter: str, given: Mapping[str, Any]) -> list[str]:
    """Values for a parameter. given: the arguments so far, including the one being typed. Empty if nothing is known."""
    request = _Request(context, tool, given, str(given.get(parameter) or ""))
    choices = _schema_choices(tool, parameter)
    if choices:
        return request.rank(choices)
    source = _SOURCES.get(parameter)
    if source is None:
        return []
    try:
        return await source(request)
    except ConsoleError:
        return []  # a partly typed kind or context does not exist yet


def _schema_choices(tool: ToolSpec, parameter: str) -> list[str]:
    schema = tool.input_schema().get("properties", {}).get(parameter, {})
    return ["true", "false"] if schema.get("type") == "boolean" else [str(one) for one in schema.get("enum", ())]


def _single_kind(tool: ToolSpec) -> str:
    """The kind of a tool for one kind. Empty for a tool of any kind."""
    default = str(tool.input_schema().get("properties", {}).get("kind", {}).get("default", ""))
    types = tool.capabilities.resource_types
    return default or (types[0] if len(types) == 1 and types[0] != "*" else "")


async def _suggest_contexts(request: _Request) -> list[str]:
    environment = request.context.environment
    return request.rank([*environment.selected(), *(info.name for info in environment.contexts())])


async def _suggest_kinds(request: _Request) -> list[str]:
    store = request.context.store
    known = await store.metadata.resources(request.cluster) if store else []
    plurals = [one.plural if _is_unambiguous(one, known) else str(one.name) for one in known]
    short_names = [name for one in known for name in one.short_names]
    return request.rank([*plurals, *(short_names if request.prefix else ())])


def _is_unambiguous(resource: ApiResource, known: Sequence[ApiResource]) -> bool:
    return sum(other.plural == resource.plural for other in known) == 1


async def _suggest_namespaces(request: _Request) -> list[str]:
    """Namespaces in which policy allows the call."""
    context, cluster = request.context, request.cluster
    resource = await context.find_resource(cluster, request.kind) if request.kind else None
    if request.is_denied(await context.find_resource(cluster, "namespaces"), ""):
        return []
    return [one for one in await request.names("namespaces", "") if not request.is_denied(resource, one)]


async def _suggest_objects(request: _Request) -> list[str]:
    """Names of the kind that the tool is about, or that was entered before."""
    if request.tool.name in _CREATING_TOOLS or not request.kind:
        return []
    cluster = request.cluster
    resource = await request.context.find_resource(cluster, request.kind)
    entered = request.arguments.get("namespace")
    if request.is_denied(resource, entered):
        return []
    namespace = entered if isinstance(entered, str) and entered != "*" and resource.namespaced else ""
    if request.tool.toolset == HELM:
        return request.rank(await release_names(request.context, cluster, namespace))
    return await request.names(resource.name, namespace)


async def _suggest_containers(request: _Request) -> list[str]:
    """Containers of the pod, or of the workload's pod template, that was entered before."""
    body = await _read_object(request, "pods")
    spec = body.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or spec
    return request.rank([str(one.get("name", "")) for part in ("containers", "initContainers") for one in template.get(part) or []])


async def _read_object(request: _Request, default_kind: str) -> dict[str, Any]:
    context, cluster = request.context, request.cluster
    resource = await context.find_resource(cluster, request.kind or default_kind)
    if context.store is None or request.is_denied(resource, request.arguments.get("namespace")):
        return {}
    ref = ObjectRef(cluster, resource.name, request.namespace_of(resource), str(request.arguments.get("name") or ""))
    body = await context.store.objects.body(ref)
    return msgspec.json.decode(body) if body else {}


async def _suggest_revisions(request: _Request) -> list[str]:
    """Revisions of the deployment or release that was entered before, the newest first."""
    context, cluster, name = request.context, request.cluster, str(request.arguments.get("name") or "")
    if context.store is None or not name:
        return []
    is_helm = request.tool.toolset == HELM
    namespace = Namespace(str(request.arguments.get("namespace") or context.default_namespace(cluster)))
    for kind in ("secrets",) if is_helm else ("deployments.apps", "replicasets.apps"):
        if request.is_denied(await context.find_resource(cluster, kind), str(namespace)):
            return []
    if is_helm:
        return request.rank([str(one) for one in await revision_numbers(context, cluster, namespace, name)])
    replica_sets = await context.store.objects.bodies(RowQuery(ResourceName("replicasets.apps"), (cluster,), (namespace,)))
    revisions = {_deployment_revision(msgspec.json.decode(body), name) for _, body in replica_sets} - {""}
    return request.rank(sorted(revisions, key=lambda one: -int(one)))


def _deployment_revision(replica_set: dict[str, Any], deployment: str) -> str:
    """The revision of a ReplicaSet. Empty if it does not belong to the deployment."""
    metadata = replica_set["metadata"]
    owners = metadata.get("ownerReferences") or []
    belongs = any(one.get("kind") == "Deployment" and one.get("name") == deployment for one in owners)
    revision = str((metadata.get("annotations") or {}).get("deployment.kubernetes.io/revision", ""))
    return revision if belongs and revision.isdigit() else ""


async def _suggest_times(request: _Request) -> list[str]:
    return request.rank(TIMES)


_SOURCES: dict[str, Callable[[_Request], Awaitable[list[str]]]] = {
    "context": _suggest_contexts,
    "kind": _suggest_kinds,
    "kinds": _suggest_kinds,
    "namespace": _suggest_namespaces,
    "name": _suggest_objects,
    "container": _suggest_containers,
    "revision": _suggest_revisions,
    **dict.fromkeys(("since", "until", "as_of"), _suggest_times),
}

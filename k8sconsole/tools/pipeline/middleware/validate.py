"""Validation: arguments become the tool's typed input, and the context, kind and namespaces in them must exist."""

import re
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError, InvalidParams, NotFound, Unavailable, argument_details
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.freshness import Source
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tools import Risk
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import PAST_CURSOR, history_of
from k8sconsole.tools.object_lookup import namespaces_with, object_not_found
from k8sconsole.tools.parameters import Form
from k8sconsole.tools.pipeline.arguments import lenient_arguments, parameter_form
from k8sconsole.tools.pipeline.cursors import check_cursor, open_cursor, seal_cursor
from k8sconsole.tools.pipeline.documents import created_namespaces, split_documents
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply, Target
from k8sconsole.tools.spec import ToolSpec

NAMESPACES = ResourceName("namespaces")
_AT = re.compile(r"`\$(?:\.([\w-]+))?.*`$")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]+)`")
_EXPECTED = re.compile(r"Expected (.+?)(?:, got `[^`]+`)?(?: - at `.*`)?$")


class ValidateStep:
    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        await self.check(invocation)
        reply = await proceed(invocation)
        return seal_cursor(invocation, reply) if hasattr(invocation.input, "cursor") else reply

    async def check(self, invocation: Invocation) -> None:
        """Set the invocation's input and target.

        Raises InvalidParams with the details parameter, given, expected and nearest, and NotFound for an unknown context,
        namespace or kind.
        """
        if invocation.spec.parse_arguments is not None:
            invocation.input, invocation.target = invocation.spec.parse_arguments(invocation.call.arguments)
            return
        arguments = lenient_arguments(invocation.spec, invocation.call.arguments)
        invocation.call = msgspec.structs.replace(invocation.call, arguments=arguments)
        converted = convert_arguments(invocation.spec, arguments)
        checksum, place = open_cursor(getattr(converted, "cursor", ""))
        converted = msgspec.structs.replace(converted, cursor=place) if place else converted
        invocation.parts = split_documents(invocation, converted)
        for part in invocation.parts:
            await _aim(part, part.input, created_namespaces(invocation.parts))
        if invocation.parts:
            invocation.input, invocation.target = invocation.parts[0].input, invocation.parts[0].target
        else:
            await _aim(invocation, converted)
            check_cursor(invocation, checksum)


async def _aim(invocation: Invocation, converted: Any, to_come: frozenset[str] = frozenset()) -> None:
    """Completes the input, and sets the target. to_come: namespaces that need not exist yet. Raises NotFound for any other."""
    invocation.input = await _find_namespace(invocation, converted)
    if invocation.spec.locate is not None:
        invocation.input = await invocation.spec.locate(invocation.input, invocation.context)
    invocation.target = await _resolve_target(invocation)
    for namespace in invocation.target.namespaces:
        if namespace in to_come:
            continue
        if _reads_history(invocation) and await _namespace_existed(invocation.context, invocation.target.context, namespace):
            continue
        await _check_namespace(invocation.context, invocation.target.context, namespace)


def convert_arguments(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    """The tool's input. Text is accepted for numbers and booleans, because models and shells write them so. Raises InvalidParams."""
    try:
        return msgspec.convert(arguments, spec.input, strict=False)
    except msgspec.ValidationError as cause:
        raise _argument_error(spec, arguments, str(cause)) from cause


def _argument_error(spec: ToolSpec, arguments: dict[str, Any], problem: str) -> InvalidParams:
    required, optional = spec.parameters()
    found = _FIELD.search(problem) or _AT.search(problem)
    parameter = (found[1] if found else "") or ""
    details: dict[str, Any] = {"parameter": parameter, "given": arguments.get(parameter)}
    if "unknown field" in problem:
        known = [*required, *optional]
        close = nearest_or_first(parameter, known)
        takes = f"it has {', '.join(known)}" if known else "it has no parameters"
        remedy = close[0] if close else f"{spec.name} without arguments"
        return InvalidParams(f"{spec.name} has no parameter {parameter!r}", takes, remedy, {**details, "nearest": close})
    if "missing required field" in problem:
        return InvalidParams(
            f"{spec.name} needs {parameter!r}",
            "it was not given",
            f"{parameter}=…",
            {**details, "expected": "a value", "nearest": list(required)},
        )
    choices = spec.input_schema()["properties"].get(parameter, {}).get("enum", [])
    expected = f"one of {', '.join(choices)}" if choices else (_EXPECTED.search(problem) or ["", problem])[1].replace("`", "")
    close = nearest_or_first(str(details["given"]), choices)
    return InvalidParams(
        f"{spec.name}: {parameter or 'the arguments'}",
        problem,
        f"{parameter}: {expected}",
        {**details, "expected": expected, "nearest": close},
    )


async def _find_namespace(invocation: Invocation, arguments: Any) -> Any:
    """The input with the only namespace that has the object, where all namespaces were given for one object.

    Raises NotFound if none has it, InvalidParams if several have it or if the call would change it.
    """
    spec, context = invocation.spec, invocation.context
    if getattr(arguments, "namespace", None) != "*" or parameter_form(spec.input, "namespace") is not Form.NAMESPACE:
        return arguments
    name, cluster = str(getattr(arguments, "name", "")), context.resolve_context(arguments.context)
    kind = getattr(arguments, "kind", "") or spec.kind
    resource = await context.find_resource(cluster, kind) if kind else None
    if resource is None or not resource.namespaced:
        return msgspec.structs.replace(arguments, namespace="")
    found = await namespaces_with(context, cluster, resource, name)
    if len(found) == 1 and spec.risk is Risk.READ:
        context.remarks[f"{name} is in {found[0]}"] = None
        return msgspec.structs.replace(arguments, namespace=found[0])
    if not found:
        raise await object_not_found(context, cluster, resource, "", name)
    why = f"it exists in {', '.join(found[:5])}" if len(found) > 1 else "a change names its namespace"
    details = argument_details("namespace", "*", found[:5], "one namespace")
    raise InvalidParams(f"{spec.name} needs one namespace for {name!r}", why, f"namespace={found[0]}", details)


async def _resolve_target(invocation: Invocation) -> Target:
    """The target, from the parameters context, kind, namespace and name."""
    arguments, context = invocation.input, invocation.context
    if not hasattr(arguments, "context"):
        return Target()
    cluster = context.resolve_context(arguments.context)
    kubeconfig_cluster = next((info.cluster for info in context.environment.contexts() if info.name == cluster), "")
    kind = getattr(arguments, "kind", "") or invocation.spec.kind
    resource = await context.find_resource(cluster, kind) if kind else None
    namespaces = _target_namespaces(context, cluster, resource, arguments)
    return Target(cluster, kubeconfig_cluster, resource, namespaces, getattr(arguments, "name", "") or "")


def _target_namespaces(context: ToolContext, cluster: ClusterName, resource: ApiResource | None, arguments: Any) -> tuple[str, ...]:
    """The namespaces of the call; empty means all. The default is the context's namespace for one object, and all for a list."""
    if resource is not None and not resource.namespaced:
        return ()
    given = getattr(arguments, "namespace", None)
    if isinstance(given, list):
        return () if "*" in given else tuple(given)
    if given == "*":
        return ()
    if given:
        return (given,)
    return (context.default_namespace(cluster),) if hasattr(arguments, "name") and given is not None else ()


def _reads_history(invocation: Invocation) -> bool:
    arguments: Any = invocation.input
    return (
        invocation.spec.toolset == "history"
        or bool(getattr(arguments, "as_of", ""))
        or getattr(arguments, "cursor", "").startswith(PAST_CURSOR)
    )


async def _namespace_existed(context: ToolContext, cluster: ClusterName, namespace: str) -> bool:
    """Whether history has a version of the namespace. The history of its objects stays readable after the namespace is deleted."""
    if context.store is None:
        return False
    return bool((await history_of(context).versions(ObjectRef(cluster, NAMESPACES, Namespace(""), namespace), limit=1)).versions)


async def _check_namespace(context: ToolContext, cluster: ClusterName, namespace: str) -> None:
    """Raises NotFound with the nearest namespaces. If neither the cache nor the cluster knows, the call proceeds and fails by itself."""
    known = await _cached_namespaces(context, cluster)
    if namespace in known:
        return
    resource = await context.find_resource(cluster, "namespaces")
    try:
        await (await context.open_cluster(cluster)).get(resource, None, namespace)
    except NotFound as cause:
        close = nearest_or_first(namespace, known, 5)
        remedy = close[0] if close else "k8s_list_namespaces"
        raise NotFound(
            f"no namespace {namespace!r} in {cluster}",
            "the cluster has no namespace of that name",
            remedy,
            {"parameter": "namespace", "given": namespace, "nearest": close},
        ) from cause
    except Unavailable as cause:
        if known:
            raise NotFound(
                f"no namespace {namespace!r} in {cluster}",
                f"the cache has no namespace of that name, and the cluster does not answer ({cause.title})",
                "cache_status",
                {"parameter": "namespace", "given": namespace, "nearest": nearest_or_first(namespace, known, 5)},
            ) from cause
    except ConsoleError:
        # Without permission to get namespaces, it is unknown whether this one exists.
        return


async def _cached_namespaces(context: ToolContext, cluster: ClusterName) -> list[str]:
    if context.store is None:
        return []
    freshness = await context.cache_freshness(cluster, NAMESPACES)
    if freshness.source is not Source.CACHE or freshness.observed_at is None:
        return []
    return [row.name for row in (await context.store.objects.rows(RowQuery(NAMESPACES, clusters=(cluster,)))).rows]

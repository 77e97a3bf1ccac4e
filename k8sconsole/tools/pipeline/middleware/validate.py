"""Arguments become the tool's typed input; names in them are checked against what exists."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError, InvalidParams, NotFound, Unavailable
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.freshness import Source
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import PAST_CURSOR, history_of
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply, Target
from k8sconsole.tools.spec import ToolSpec

NAMESPACES = ResourceName("namespaces")
_AT = re.compile(r"`\$(?:\.([\w-]+))?.*`$")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]+)`")
_EXPECTED = re.compile(r"Expected (.+?)(?:, got `[^`]+`)?(?: - at `.*`)?$")


class Validate:
    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        await self.check(invocation)
        return await proceed(invocation)

    async def check(self, invocation: Invocation) -> None:
        """Raises InvalidParams naming parameter, given, expected and nearest; NotFound for a context, namespace or kind that does not
        exist."""
        if invocation.spec.take is not None:
            invocation.input, invocation.target = invocation.spec.take(invocation.call.arguments)
            return
        invocation.input = convert(invocation.spec, invocation.call.arguments)
        if invocation.spec.locate is not None:
            invocation.input = await invocation.spec.locate(invocation.input, invocation.context)
        invocation.target = await _target(invocation)
        for namespace in invocation.target.namespaces:
            if _looks_back(invocation) and await _existed(invocation.context, invocation.target.context, namespace):
                continue
            await _existing_namespace(invocation.context, invocation.target.context, namespace)


def convert(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    """Numbers and booleans are taken from text as well, since models and shells write them so."""
    try:
        return msgspec.convert(arguments, spec.input, strict=False)
    except msgspec.ValidationError as cause:
        raise _explained(spec, arguments, str(cause)) from cause


def _explained(spec: ToolSpec, arguments: dict[str, Any], problem: str) -> InvalidParams:
    required, optional = spec.parameters()
    found = _FIELD.search(problem) or _AT.search(problem)
    parameter = (found[1] if found else "") or ""
    details: dict[str, Any] = {"parameter": parameter, "given": arguments.get(parameter)}
    if "unknown field" in problem:
        known = [*required, *optional]
        close = nearest_or_first(parameter, known)
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
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


async def _target(invocation: Invocation) -> Target:
    """From the parameters that have a meaning of their own: context, kind, namespace, name."""
    asked, context = invocation.input, invocation.context
    if not hasattr(asked, "context"):
        return Target()
    cluster = context.context(asked.context)
    behind = next((info.cluster for info in context.environment.contexts() if info.name == cluster), "")
    word = getattr(asked, "kind", "") or invocation.spec.kind
    resource = await context.resource(cluster, word) if word else None
    return Target(cluster, behind, resource, _namespaces(context, cluster, resource, asked), getattr(asked, "name", "") or "")


def _namespaces(context: ToolContext, cluster: ClusterName, resource: ApiResource | None, asked: Any) -> tuple[str, ...]:
    """As the call means them: for one object the context's own by default, for a list all."""
    if resource is not None and not resource.namespaced:
        return ()
    given = getattr(asked, "namespace", None)
    if isinstance(given, list):
        return () if "*" in given else tuple(given)
    if given == "*":
        return ()
    if given:
        return (given,)
    return (context.default_namespace(cluster),) if hasattr(asked, "name") and given is not None else ()


def _looks_back(invocation: Invocation) -> bool:
    asked = invocation.input
    return invocation.spec.toolset == "history" or bool(getattr(asked, "as_of", "")) or getattr(asked, "cursor", "").startswith(PAST_CURSOR)


async def _existed(context: ToolContext, cluster: ClusterName, namespace: str) -> bool:
    """Whether history has seen it: what was in a namespace is told after the namespace has gone."""
    if context.store is None:
        return False
    return bool((await history_of(context).versions(ObjectRef(cluster, NAMESPACES, Namespace(""), namespace), limit=1)).versions)


async def _existing_namespace(context: ToolContext, cluster: ClusterName, namespace: str) -> None:
    """Raises NotFound with the nearest namespaces. Where neither the cache nor the cluster can tell, the call goes on and will find out."""
    known = await _cached_namespaces(context, cluster)
    if namespace in known:
        return
    resource = await context.resource(cluster, "namespaces")
    try:
        await (await context.cluster(cluster)).get(resource, None, namespace)
    except NotFound as cause:
        close = nearest_or_first(namespace, known, 5)
        remedy = close[0] if close else "k8s_list_namespaces"
        raise NotFound(
            f"no namespace {namespace!r} in {cluster}",
            "the cluster has none of that name",
            remedy,
            {"parameter": "namespace", "given": namespace, "nearest": close},
        ) from cause
    except Unavailable as cause:
        if known:
            raise NotFound(
                f"no namespace {namespace!r} in {cluster}",
                f"the cache has none of that name, and the cluster cannot be asked ({cause.title})",
                "cache_status",
                {"parameter": "namespace", "given": namespace, "nearest": nearest_or_first(namespace, known, 5)},
            ) from cause
    except ConsoleError:
        # Not allowed to look at namespaces: that says nothing about whether this one exists.
        return


async def _cached_namespaces(context: ToolContext, cluster: ClusterName) -> list[str]:
    if context.store is None:
        return []
    freshness = await context.freshness(cluster, NAMESPACES)
    if freshness.source is not Source.CACHE or freshness.observed_at is None:
        return []
    return [row.name for row in (await context.store.objects.rows(RowQuery(NAMESPACES, clusters=(cluster,)))).rows]

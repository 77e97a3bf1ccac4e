"""Lists: one tool each for the most used kinds, and one for any kind."""

from typing import Annotated

from msgspec import Meta

from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.parameters import Form
from k8sconsole.tools.reading.list_reply import ListInput, ListResult, NamespacedListInput, list_reply
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool


class ListResourcesInput(NamespacedListInput, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD: deploy, certificates.cert-manager.io", min_length=1, extra={"form": Form.KIND})]


async def list_resources(args: ListResourcesInput, context: ToolContext) -> Reply:
    return await list_reply(args, args.kind, context)


def _list_tool(kind: str, summary: str, *, namespaced: bool) -> ToolSpec:
    async def handler(args: ListInput, context: ToolContext) -> Reply:
        return await list_reply(args, kind, context)

    return reading_tool(
        f"list_{kind}",
        f"List {kind}",
        summary,
        (NamespacedListInput if namespaced else ListInput, ListResult),
        handler,
        Capabilities((kind,), ("list",), Scope.NAMESPACE if namespaced else Scope.CLUSTER, "list"),
        kind=kind,
    )


TOOLS: tuple[ToolSpec, ...] = (
    _list_tool("namespaces", "Namespaces with phase and age. Use it to find out which exist.", namespaced=False),
    _list_tool("nodes", "Nodes with status, roles, version. For the pods on one use k8s_list_pods filter=node=NAME.", namespaced=False),
    _list_tool(
        "pods",
        "Pods with status, readiness, restarts, age. A long list returns counts and the unhealthy pods in full.",
        namespaced=True,
    ),
    _list_tool("services", "Services with type, addresses, ports.", namespaced=True),
    reading_tool(
        "list_resources",
        "List resources of a kind",
        "Objects of any kind, CRDs included, as a table. Pods, nodes, services and namespaces have list tools of their own.",
        (ListResourcesInput, ListResult),
        list_resources,
        Capabilities(("*",), ("list",), Scope.NAMESPACE, "list"),
    ),
)

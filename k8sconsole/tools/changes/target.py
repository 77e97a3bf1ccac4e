"""The object that a change is about, as the call's parameters name it."""

from typing import Any

import msgspec

from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.object_lookup import object_namespace


class TargetObject(msgspec.Struct, frozen=True):
    """The object that a change is about."""

    cluster: ClusterName
    resource: ApiResource
    namespace: str
    name: str

    @property
    def label(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.resource.kind} {place}"

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Arguments that name the object, for tools that take a kind."""
        return {"kind": str(self.resource.name), **self.arguments_without_kind(), **more}

    def arguments_without_kind(self, **more: Any) -> dict[str, Any]:
        """Arguments that name the object, for tools of one kind."""
        return {"name": self.name, **({"namespace": self.namespace} if self.namespace else {}), "context": str(self.cluster), **more}


async def resolve_target(args: Any, context: ToolContext, kind: str = "") -> TargetObject:
    """The object that the parameters context, kind, namespace and name denote. kind: the kind of a tool without that parameter."""
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, kind or args.kind)
    return TargetObject(cluster, resource, object_namespace(context, cluster, resource, getattr(args, "namespace", "")), args.name)

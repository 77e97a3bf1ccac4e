"""Which verbs RBAC allows the user of a context."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.kit.text import nearest_or_first, strip_control
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import Form, Kind, OptionalName
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


class CheckPermissionInput(Common, kw_only=True):
    kind: Kind
    verb: Annotated[str, Meta(description="Default: every verb of the kind")] = ""
    namespace: Annotated[str, Meta(description="* for all", extra={"form": Form.NAMESPACE_OR_ALL})] = ""
    name: OptionalName = ""
    subresource: Annotated[str, Meta(description="log, exec, scale, …")] = ""


class PermissionReview(msgspec.Struct):
    """allowed: by verb. reasons: by verb, the server's own words, where it gave any."""

    kind: str
    namespace: str
    allowed: dict[str, bool]
    reasons: dict[str, str] = {}


async def check_permission(args: CheckPermissionInput, context: ToolContext) -> Reply:
    name = context.resolve_context(args.context)
    resource = await context.find_resource(name, args.kind)
    cluster = await context.open_cluster(name)
    verbs = _verbs_to_check(args, resource)
    namespace = _namespace_to_check(args, context.default_namespace(name)) if resource.namespaced else ""
    answers = await asyncio.gather(
        *(
            cluster.can_i(verb, resource, namespace=namespace or None, name=args.name or None, subresource=args.subresource or None)
            for verb in verbs
        )
    )
    review = PermissionReview(
        str(resource.name), namespace, {verb: answer.allowed for verb, answer in zip(verbs, answers, strict=True)},
        {verb: answer.reason for verb, answer in zip(verbs, answers, strict=True) if answer.reason},
    )  # fmt: skip
    scope = f" in {namespace}" if namespace else " in all namespaces" if resource.namespaced else ""
    lines = [
        f"{verb}: {'yes' if answer.allowed else 'no'}{_reason_suffix(answer.reason)}" for verb, answer in zip(verbs, answers, strict=True)
    ]
    return Reply(msgspec.to_builtins(review), "\n".join((f"{resource.name}{scope}", *lines)), context.live_freshness())


def _reason_suffix(reason: str) -> str:
    return f" — {strip_control(reason)}" if reason else ""


def _namespace_to_check(args: CheckPermissionInput, default: str) -> str:
    return "" if args.namespace == "*" else args.namespace or default


def _verbs_to_check(args: CheckPermissionInput, resource: ApiResource) -> tuple[str, ...]:
    """The verbs to check. A special verb such as ``escalate`` is checked if it is named. Raises InvalidParams for a malformed verb."""
    if not args.verb:
        return ("get", "create") if args.subresource else resource.verbs or VERBS
    if not (args.verb.isascii() and args.verb.isalpha() and args.verb.islower()):
        close = nearest_or_first(args.verb.lower(), VERBS)
        details = argument_details("verb", args.verb[:60], close, "a Kubernetes verb")
        raise InvalidParams(f"no verb {args.verb[:60]!r}", "a verb is one lower-case word", f"verb={close[0]}", details)
    return (args.verb,)


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "check_permission",
        "Check a permission",
        "Whether RBAC allows this context to do something, according to the cluster. The policy of this program may deny more.",
        (CheckPermissionInput, PermissionReview),
        check_permission,
        Capabilities(("*",), ("get",), Scope.NAMESPACE, "object", cache_friendly=False),
    ),
)

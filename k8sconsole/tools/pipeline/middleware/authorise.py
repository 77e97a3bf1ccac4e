"""Policy first, then, before a change, the cluster's own RBAC."""

from collections.abc import Awaitable, Callable

from k8sconsole.errors import Forbidden, PolicyDenied
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.policy import decide
from k8sconsole.tools.results import Decision, Reply


class Authorise:
    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        await self.check(invocation)
        return await proceed(invocation)

    async def check(self, invocation: Invocation) -> None:
        """Raises PolicyDenied, or Forbidden with the reason that RBAC gave."""
        invocation.decision = decide(invocation.context.environment.policy(), invocation.spec, invocation.call, invocation.target)
        if invocation.decision.action is Action.DENY:
            raise refusal(invocation, invocation.decision)
        if invocation.spec.risk is not Risk.READ:
            await _permitted_by_rbac(invocation)


def refusal(invocation: Invocation, decision: Decision) -> PolicyDenied:
    remedy = "policy: in k8sconsole.yaml"
    if invocation.spec.held:
        remedy = f"k8sconsole tools trust {invocation.spec.name}"
    elif invocation.call.face is Face.MCP and "--allow-write" in decision.reason:
        remedy = "restart with --allow-write"
    return PolicyDenied(
        f"{invocation.spec.name} is not allowed", decision.reason, remedy, {"tool": invocation.spec.name, "reason": decision.reason}
    )


async def _permitted_by_rbac(invocation: Invocation) -> None:
    target = invocation.target
    if target.resource is None:
        return
    cluster = await invocation.context.cluster(target.context)
    namespace = target.namespaces[0] if target.namespaces else None
    other, _, subresource = invocation.spec.rbac.partition("/")
    resource = await invocation.context.resource(target.context, other) if other else target.resource
    verb, name = invocation.spec.verb, None if other else target.name or None
    answer = await cluster.can_i(verb, resource, namespace=namespace, name=name, subresource=subresource or None)
    if not answer.allowed:
        asked = f"{resource.name}/{subresource}" if subresource else resource.name
        what = f"{verb} {asked}" + (f" in {namespace}" if namespace else "")
        raise Forbidden(
            f"you may not {what}",
            answer.reason or f"RBAC of {target.context} does not grant it",
            f"kubectl auth can-i {what.replace(' in ', ' -n ')}",
        )

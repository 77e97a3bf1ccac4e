"""Policy first, then, before a change, the cluster's own RBAC."""

from collections.abc import Awaitable, Callable

from k8sconsole.errors import Forbidden, PolicyDenied
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools.passage import Decision, Passage, Reply
from k8sconsole.tools.policy import decide


class Authorise:
    async def __call__(self, passage: Passage, proceed: Callable[[Passage], Awaitable[Reply]]) -> Reply:
        await self.check(passage)
        return await proceed(passage)

    async def check(self, passage: Passage) -> None:
        """Raises PolicyDenied, or Forbidden with the reason that RBAC gave."""
        passage.decision = decide(passage.context.around.policy(), passage.spec, passage.call, passage.target)
        if passage.decision.action is Action.DENY:
            raise refusal(passage, passage.decision)
        if passage.spec.risk is not Risk.READ:
            await _permitted_by_rbac(passage)


def refusal(passage: Passage, decision: Decision) -> PolicyDenied:
    remedy = "policy: in k8sconsole.yaml"
    if passage.spec.held:
        remedy = f"k8sconsole tools trust {passage.spec.name}"
    elif passage.call.face is Face.MCP and "--allow-write" in decision.reason:
        remedy = "restart with --allow-write"
    return PolicyDenied(
        f"{passage.spec.name} is not allowed", decision.reason, remedy, {"tool": passage.spec.name, "reason": decision.reason}
    )


async def _permitted_by_rbac(passage: Passage) -> None:
    target = passage.target
    if target.resource is None:
        return
    cluster = await passage.context.cluster(target.context)
    namespace = target.namespaces[0] if target.namespaces else None
    other, _, subresource = passage.spec.rbac.partition("/")
    resource = await passage.context.resource(target.context, other) if other else target.resource
    verb, name = passage.spec.verb, None if other else target.name or None
    answer = await cluster.can_i(verb, resource, namespace=namespace, name=name, subresource=subresource or None)
    if not answer.allowed:
        asked = f"{resource.name}/{subresource}" if subresource else resource.name
        what = f"{verb} {asked}" + (f" in {namespace}" if namespace else "")
        raise Forbidden(
            f"you may not {what}",
            answer.reason or f"RBAC of {target.context} does not grant it",
            f"kubectl auth can-i {what.replace(' in ', ' -n ')}",
        )

"""Authorisation: policy first, then, for changes, the cluster's RBAC."""

from k8sconsole.errors import Forbidden, PolicyDenied
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.policy import decide
from k8sconsole.tools.results import Decision, Reply


class AuthoriseStep:
    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        await self.check(invocation)
        return await proceed(invocation)

    async def check(self, invocation: Invocation) -> None:
        """Raises PolicyDenied, or Forbidden with RBAC's reason."""
        invocation.decision = decide(invocation.context.environment.policy(), invocation.spec, invocation.call, invocation.target)
        if invocation.decision.action is Action.DENY:
            raise _policy_error(invocation, invocation.decision)
        if invocation.spec.risk is not Risk.READ:
            await _check_rbac(invocation)


def _policy_error(invocation: Invocation, decision: Decision) -> PolicyDenied:
    remedy = "policy: in k8sconsole.yaml"
    if invocation.spec.held:
        remedy = f"k8sconsole tools trust {invocation.spec.name}"
    elif invocation.call.face is Face.MCP and "--allow-write" in decision.reason:
        remedy = "k8sconsole mcp --allow-write"
    return PolicyDenied(
        f"{invocation.spec.name} is not allowed", decision.reason, remedy, {"tool": invocation.spec.name, "reason": decision.reason}
    )


async def _check_rbac(invocation: Invocation) -> None:
    """Send a SelfSubjectAccessReview for the change. Raises Forbidden."""
    target = invocation.target
    if target.resource is None:
        return
    cluster = await invocation.context.open_cluster(target.context)
    namespace = target.namespaces[0] if target.namespaces else None
    other_kind, _, subresource = invocation.spec.rbac.partition("/")
    resource = await invocation.context.find_resource(target.context, other_kind) if other_kind else target.resource
    verb, name = invocation.spec.verb, None if other_kind else target.name or None
    answer = await cluster.can_i(verb, resource, namespace=namespace, name=name, subresource=subresource or None)
    if not answer.allowed:
        permission = f"{verb} {resource.name}/{subresource}" if subresource else f"{verb} {resource.name}"
        raise Forbidden(
            f"you may not {permission}" + (f" in {namespace}" if namespace else ""),
            answer.reason or f"RBAC of {target.context} does not grant it",
            f"kubectl auth can-i {permission}" + (f" -n {namespace}" if namespace else ""),
        )

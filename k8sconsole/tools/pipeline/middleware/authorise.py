"""Authorisation in two steps. Before the arguments are looked at: may this face use the tool at all? After they were validated: policy
about the target first, then, for changes, the cluster's RBAC."""

from k8sconsole.errors import Forbidden, PolicyDenied
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools.pipeline.documents import strictest
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.policy import NO_WRITES, READ_ONLY, decide, refusal_of_all_calls
from k8sconsole.tools.results import Reply


class AdmitStep:
    """Refuses a tool that this face may not use. Its arguments are not looked at, so a wrong one cannot hide the refusal."""

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        self.check(invocation)
        return await proceed(invocation)

    def check(self, invocation: Invocation) -> None:
        """Raises PolicyDenied."""
        call = invocation.call
        reason = refusal_of_all_calls(invocation.context.environment.policy(), invocation.spec, call.face, call.caller)
        if reason:
            raise _policy_error(invocation, reason)


class AuthoriseStep:
    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        await self.check(invocation)
        return await proceed(invocation)

    async def check(self, invocation: Invocation) -> None:
        """Raises PolicyDenied, or Forbidden with RBAC's reason. Of several documents each is judged; the strictest decision counts."""
        if invocation.parts:
            for part in invocation.parts:
                await self.check(part)
            invocation.decision = strictest([part.decision for part in invocation.parts if part.decision is not None])
            return
        invocation.decision = decide(invocation.context.environment.policy(), invocation.spec, invocation.call, invocation.target)
        if invocation.decision.action is Action.DENY:
            raise _policy_error(invocation, invocation.decision.reason)
        if invocation.spec.risk is not Risk.READ:
            await _check_rbac(invocation)


def _policy_error(invocation: Invocation, reason: str) -> PolicyDenied:
    """The refusal, with why and how to allow the tool."""
    name = invocation.spec.name
    return PolicyDenied(f"{name} is not allowed", reason, _remedy(invocation, reason), {"tool": name, "reason": reason})


def _remedy(invocation: Invocation, reason: str) -> str:
    if invocation.spec.held:
        return f"k8sconsole tools trust {invocation.spec.name}"
    if reason == READ_ONLY:
        return "start without --readonly, and policy.read_only: false in k8sconsole.yaml"
    if invocation.call.face is Face.MCP and reason == NO_WRITES:
        return "k8sconsole mcp --allow-write"
    return "policy: in k8sconsole.yaml"


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

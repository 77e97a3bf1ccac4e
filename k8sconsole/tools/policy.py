"""May this be done: the switches first, then the rules a person wrote, then what a careful team would choose.

Read-only mode and the switch for MCP clients stand above the rules: no rule opens what they close.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Face, Risk, ToolCall
from k8sconsole.tools.results import Decision, Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

NAMED_WHEN_DELETED = frozenset({"namespaces", "customresourcedefinitions.apiextensions.k8s.io", "persistentvolumes"})


def decide(policy: Policy, tool: "ToolSpec", call: ToolCall, target: Target) -> Decision:
    """For one call. A deny rule about namespaces also catches a call over all namespaces; an allow rule never does."""
    closed = tool.held or _switched_off(policy, tool, call.face)
    if closed:
        return Decision(Action.DENY, reason=closed)
    for number, rule in enumerate(policy.rules, 1):
        if _matches(rule, tool, call, target):
            word = _confirm_word(policy, target) if rule.action is Action.TYPE_NAME else ""
            return Decision(rule.action, word, f"policy rule {number} ({rule.action})")
    return _default(policy, tool, target)


def filter_readable(policy: Policy, tool: "ToolSpec", call: ToolCall, target: Target, kinds: Iterable[ApiResource]) -> list[ApiResource]:
    """Of these kinds, those that a call about each of them alone would be let through to without a question."""
    return [kind for kind in kinds if decide(policy, tool, call, msgspec.structs.replace(target, resource=kind)).action is Action.ALLOW]


def is_listed(tool: "ToolSpec", face: Face, policy: Policy) -> bool:
    """Whether a face lists the tool at all: not when every call of it would be refused."""
    if tool.held or _switched_off(policy, tool, face):
        return False
    for rule in policy.rules:
        about_tool = (
            _globs(rule.tools, (tool.name, *tool.aliases))
            and _globs(rule.verbs, tool.capabilities.operation_types)
            and _globs(rule.faces, (face,))
        )
        if about_tool and not (rule.contexts or rule.namespaces or rule.kinds or rule.callers):
            return rule.action is not Action.DENY
    return True


def looks_like_production(policy: Policy, target: Target) -> bool:
    """By the name of the context or of the cluster behind it."""
    return any(re.search(pattern, name) for pattern in policy.production for name in (target.context, target.cluster))


def _switched_off(policy: Policy, tool: "ToolSpec", face: Face) -> str:
    if tool.risk is Risk.READ:
        return ""
    if policy.read_only:
        return "read-only mode: nothing may be changed"
    if face is Face.MCP and not policy.allow_write:
        return "MCP clients may not change anything unless the server was started with --allow-write"
    return "the scanner only reads" if face is Face.SCANNER else ""


def _default(policy: Policy, tool: "ToolSpec", target: Target) -> Decision:
    if tool.risk is Risk.READ:
        return Decision(Action.ALLOW)
    if looks_like_production(policy, target):
        return Decision(Action.TYPE_NAME, target.context, f"{target.context} looks like production")
    if tool.named:
        return Decision(Action.TYPE_NAME, target.name, f"{tool.title.lower()} moves or ends everything on it")
    if tool.verb == "delete" and target.resource is not None and target.resource.name in NAMED_WHEN_DELETED:
        return Decision(Action.TYPE_NAME, target.name, f"deleting a {target.resource.kind} takes what is in it")
    return Decision(Action.ASK, reason="changes ask first")


def _confirm_word(policy: Policy, target: Target) -> str:
    if looks_like_production(policy, target) or not target.name:
        return target.context
    return target.name


def _matches(rule: Rule, tool: "ToolSpec", call: ToolCall, target: Target) -> bool:
    return (
        _globs(rule.tools, (tool.name, *tool.aliases))
        and _globs(rule.verbs, tool.capabilities.operation_types)
        and _globs(rule.faces, (call.face,))
        and _globs(rule.callers, (call.caller,))
        and _globs(rule.contexts, (target.context,))
        and _globs(rule.kinds, _kinds(rule, tool, target))
        and _namespaces_match(rule, target)
    )


def _kinds(rule: Rule, tool: "ToolSpec", target: Target) -> tuple[str, ...]:
    """A tool about one kind may touch others on the way; a rule that allows is about the kind alone."""
    types = tool.capabilities.resource_types
    if target.resource is None:
        return target.kinds or types
    more = types if tool.kind and rule.action is not Action.ALLOW else ()
    return (*more, target.resource.name, target.resource.plural, target.resource.kind, target.resource.kind.lower())


def _namespaces_match(rule: Rule, target: Target) -> bool:
    if not rule.namespaces:
        return True
    if not target.namespaces:
        return rule.action is not Action.ALLOW and (target.resource is None or target.resource.namespaced)
    hits = [_globs(rule.namespaces, (namespace,)) for namespace in target.namespaces]
    return all(hits) if rule.action is Action.ALLOW else any(hits)


def _globs(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns for value in values)

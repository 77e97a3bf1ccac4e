"""Policy decisions: switches first, then the user's rules, then the defaults.

Read-only mode and the write switch for MCP clients take precedence: no rule can override them.
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

DELETED_BY_NAME = frozenset({"namespaces", "customresourcedefinitions.apiextensions.k8s.io", "persistentvolumes"})
READ_ONLY = "read-only mode allows no changes"
NO_WRITES = "MCP clients may make changes only if the server was started with --allow-write"


def decide(policy: Policy, tool: "ToolSpec", call: ToolCall, target: Target) -> Decision:
    """Decide about one call. A deny rule with namespaces also matches a call over all namespaces; an allow rule does not."""
    refusal = tool.held or _switch_refusal(policy, tool, call.face)
    if refusal:
        return Decision(Action.DENY, reason=refusal)
    for number, rule in enumerate(policy.rules, 1):
        if _matches(rule, tool, call, target):
            word = _confirm_word(policy, target) if rule.action is Action.TYPE_NAME else ""
            return Decision(rule.action, word, _rule_reason(number, rule))
    return _default_decision(policy, tool, target)


def filter_readable(policy: Policy, tool: "ToolSpec", call: ToolCall, target: Target, kinds: Iterable[ApiResource]) -> list[ApiResource]:
    """Those of the kinds that policy allows to read without a question, each decided on its own."""
    return [kind for kind in kinds if decide(policy, tool, call, msgspec.structs.replace(target, resource=kind)).action is Action.ALLOW]


def is_listed(tool: "ToolSpec", face: Face, policy: Policy) -> bool:
    """Whether a face lists the tool. It does not if every call would be refused."""
    return not refusal_of_all_calls(policy, tool, face)


def refusal_of_all_calls(policy: Policy, tool: "ToolSpec", face: Face, caller: str = "") -> str:
    """Why every call of the tool is refused, whatever its arguments; empty if some arguments may be allowed.

    caller: empty for any caller; a rule about callers then decides nothing.
    """
    refusal = tool.held or _switch_refusal(policy, tool, face)
    if refusal:
        return refusal
    for number, rule in enumerate(policy.rules, 1):
        if not _may_match(rule, tool, face, caller):
            continue
        if _depends_on_arguments(rule, tool) or (rule.callers and not caller):
            if rule.action is not Action.DENY:
                return ""
            continue
        return _rule_reason(number, rule) if rule.action is Action.DENY else ""
    return ""


def _may_match(rule: Rule, tool: "ToolSpec", face: Face, caller: str) -> bool:
    return (
        _matches_glob(rule.tools, (tool.name, *tool.aliases))
        and _matches_glob(rule.verbs, tool.capabilities.operation_types)
        and _matches_glob(rule.faces, (face,))
        and (not caller or _matches_glob(rule.callers, (caller,)))
    )


def _depends_on_arguments(rule: Rule, tool: "ToolSpec") -> bool:
    is_own_kind = bool(tool.kind) and rule.action is not Action.ALLOW and _matches_glob(rule.kinds, tool.capabilities.resource_types)
    return bool(rule.contexts or rule.namespaces or (rule.kinds and not is_own_kind))


def _rule_reason(number: int, rule: Rule) -> str:
    return f"policy rule {number} ({rule.action})"


def looks_like_production(policy: Policy, target: Target) -> bool:
    """Whether the name of the context or of its cluster matches a production pattern."""
    return any(re.search(pattern, name) for pattern in policy.production for name in (target.context, target.cluster))


def _switch_refusal(policy: Policy, tool: "ToolSpec", face: Face) -> str:
    """Why a switch refuses the tool; empty if none does."""
    if tool.risk is Risk.READ:
        return ""
    if policy.read_only:
        return READ_ONLY
    if face is Face.MCP and not policy.allow_write:
        return NO_WRITES
    return "the scanner may make no changes" if face is Face.SCANNER else ""


def _default_decision(policy: Policy, tool: "ToolSpec", target: Target) -> Decision:
    if tool.risk is Risk.READ:
        return Decision(Action.ALLOW)
    if looks_like_production(policy, target):
        return Decision(Action.TYPE_NAME, target.context, f"{target.context} looks like production")
    if tool.named:
        return Decision(Action.TYPE_NAME, target.name, f"{tool.title.lower()} moves or ends everything on the node")
    if tool.verb == "delete" and target.resource is not None and target.resource.name in DELETED_BY_NAME:
        return Decision(Action.TYPE_NAME, target.name, f"deleting a {target.resource.kind} deletes what it contains")
    return Decision(Action.ASK, reason="changes require approval")


def _confirm_word(policy: Policy, target: Target) -> str:
    if looks_like_production(policy, target) or not target.name:
        return target.context
    return target.name


def _matches(rule: Rule, tool: "ToolSpec", call: ToolCall, target: Target) -> bool:
    return (
        _may_match(rule, tool, call.face, call.caller)
        and _matches_glob(rule.callers, (call.caller,))
        and _matches_glob(rule.contexts, (target.context,))
        and _matches_glob(rule.kinds, _kind_names(rule, tool, target))
        and _namespaces_match(rule, target)
    )


def _kind_names(rule: Rule, tool: "ToolSpec", target: Target) -> tuple[str, ...]:
    """The names that a rule's ``kinds`` are compared with. Other kinds that a tool touches count, except for an allow rule."""
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
    hits = [_matches_glob(rule.namespaces, (namespace,)) for namespace in target.namespaces]
    return all(hits) if rule.action is Action.ALLOW else any(hits)


def _matches_glob(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns for value in values)

"""The dangers of a change, for its approval question: those in the object, and those in what it names — the rules of a role that a binding
gives, and the rights of the service account that a pod runs as.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.dangers.danger import Danger, Rank, format_dangers
from k8sconsole.model.dangers.finder import find_dangers, find_new_dangers, service_account_of
from k8sconsole.model.dangers.permissions import is_far_reaching, rule_dangers
from k8sconsole.model.masking import mask_text
from k8sconsole.tools.changes.target import TargetObject
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.rows import RowsRequest, open_rows

_ROLES = {"Role": "roles.rbac.authorization.k8s.io", "ClusterRole": "clusterroles.rbac.authorization.k8s.io"}
_BINDINGS = ("clusterrolebindings.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io")
_MOST_BINDINGS = 20
"""Bindings of one service account whose roles are read."""
_PATIENCE = 5.0
"""Seconds for reading what an object names; a question must not wait longer."""


async def change_dangers(
    context: ToolContext, target: TargetObject, before: dict[str, Any] | None, after: dict[str, Any]
) -> tuple[str, ...]:
    """Lines for the question, the most serious first. before: None for a new object. Both are masked."""
    after = {"apiVersion": target.resource.api_version, "kind": target.resource.kind, **after}
    old = None if before is None else {"apiVersion": after["apiVersion"], "kind": after["kind"], **before}
    found = find_new_dangers(old, after)
    if target.resource.name in _BINDINGS and found:
        found += await _within(_granted_rules(context, target, after), f"{after.get('roleRef', {}).get('kind', 'role')} it gives")
    account = service_account_of(after)
    if account and any(one.key == "service account" for one in found):
        found += await account_dangers(context, target, account)
    return _lines(found)


async def running_dangers(context: ToolContext, target: TargetObject, pod: dict[str, Any]) -> tuple[str, ...]:
    """What a command in the pod could do: the pod's own power, and the rights of its service account."""
    found = [one for one in find_dangers(pod) if one.rank is Rank.TAKES_OVER or one.key == "service account"]
    account = service_account_of(pod)
    return _lines([*found, *(await account_dangers(context, target, account) if account else ())])


async def account_dangers(context: ToolContext, target: TargetObject, account: str) -> list[Danger]:
    """The far-reaching rules that a service account has through the bindings that name it or its groups."""
    return await _within(_account_rules(context, target, account), f"service account {account}")


def _lines(dangers: Iterable[Danger]) -> tuple[str, ...]:
    return tuple(mask_text(line) for line in format_dangers(dangers))


async def _within(reading: Any, what: str) -> list[Danger]:
    """What was read in time. What could not be read is a fact of its own: it may be dangerous."""
    try:
        async with asyncio.timeout(_PATIENCE):
            found: list[Danger] = await reading
            return found
    except TimeoutError:
        return [Danger(Rank.RUNS, f"the rights of the {what} are unknown", f"no answer within {_PATIENCE:g} s")]
    except ConsoleError as problem:
        return [Danger(Rank.RUNS, f"the rights of the {what} are unknown", problem.detail or problem.title)]


async def _granted_rules(context: ToolContext, target: TargetObject, binding: dict[str, Any]) -> list[Danger]:
    reference = binding.get("roleRef") or {}
    rules = await _read_rules(context, target, reference, target.namespace)
    return list(rule_dangers(rules, f"{reference.get('kind', '')} {reference.get('name', '')}"))


async def _read_rules(context: ToolContext, target: TargetObject, reference: dict[str, Any], namespace: str) -> list[dict[str, Any]]:
    """The rules of a role, read live. Raises NotFound for a role that does not exist."""
    kind = await context.find_resource(target.cluster, _ROLES.get(str(reference.get("kind")), _ROLES["ClusterRole"]))
    cluster = await context.open_cluster(target.cluster)
    role = msgspec.json.decode(await cluster.get(kind, namespace if kind.namespaced else None, str(reference.get("name", ""))))
    return [one for one in role.get("rules") or [] if isinstance(one, dict)]


async def _account_rules(context: ToolContext, target: TargetObject, account: str) -> list[Danger]:
    found: list[Danger] = []
    read = 0
    for name in _BINDINGS:
        kind = await context.find_resource(target.cluster, name)
        namespaces = (target.namespace,) if kind.namespaced else ()
        opened = await open_rows(context, RowsRequest(target.cluster, kind, namespaces))
        for binding in [msgspec.json.decode(body) for _, body in await opened.bodies()]:
            if not _names_account(binding, target.namespace, account) or read >= _MOST_BINDINGS:
                continue
            read += 1
            reference = binding.get("roleRef") or {}
            rules = await _read_rules(context, target, reference, target.namespace)
            if is_far_reaching(rules):
                through = f"{kind.kind} {binding['metadata']['name']} gives {account} the {reference.get('kind')} {reference.get('name')}"
                found += [one for one in rule_dangers(rules, through) if one.rank is Rank.TAKES_OVER]
    return found


def _names_account(binding: dict[str, Any], namespace: str, account: str) -> bool:
    groups = {"system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"}
    for one in binding.get("subjects") or []:
        if one.get("kind") == "ServiceAccount" and (one.get("namespace") or namespace, one.get("name")) == (namespace, account):
            return True
        if one.get("kind") == "Group" and one.get("name") in groups:
            return True
    return False

"""Dangers of roles and bindings: the rules whole where they reach far, and whom a binding gives them to.

https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8sconsole.model.dangers.danger import Body, Danger, Rank, as_map, as_maps, as_words

_EVERYONE = {
    "system:anonymous": "any caller without credentials", "system:unauthenticated": "any caller without credentials",
    "system:authenticated": "every user and service account", "system:serviceaccounts": "every service account",
    "system:masters": "unlimited rights",
}  # fmt: skip
_STRONG_VERBS = frozenset({"*", "escalate", "bind", "impersonate"})
_STRONG_RESOURCES = frozenset({
    "*", "secrets", "pods", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "nodes/proxy", "serviceaccounts/token",
    "certificatesigningrequests/approval", "clusterroles", "clusterrolebindings", "roles", "rolebindings", "daemonsets", "deployments",
    "statefulsets", "jobs", "cronjobs", "replicasets", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
    "persistentvolumes", "namespaces", "nodes", "apiservices", "customresourcedefinitions",
})  # fmt: skip
_ONLY_LOOKS = frozenset({"get", "list", "watch"})
_READ_IS_STRONG = frozenset({"*", "secrets", "nodes/proxy", "pods/exec", "pods/attach"})
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


def rule_dangers(rules: Sequence[Body], where: str = "") -> Iterator[Danger]:
    """The far-reaching rules whole, and how many others there are. where: such as ``ClusterRole cluster-admin``."""
    others = 0
    for rule in rules:
        reason = _why_strong(rule)
        if reason:
            yield Danger(Rank.TAKES_OVER, f"rule ({reason})", format_rule(rule), where)
        else:
            others += 1
            yield Danger(Rank.WORTH_KNOWING, "rule", format_rule(rule), where)
    if not rules:
        yield Danger(Rank.WORTH_KNOWING, "no rules", "", where)


def is_far_reaching(rules: Sequence[Body]) -> bool:
    return any(_why_strong(rule) for rule in rules)


def format_rule(rule: Body) -> str:
    """The rule whole, such as ``* on * in every group`` or ``get, list on secrets named a, b``."""
    verbs = ", ".join(as_words(rule.get("verbs"))) or "no verb"
    urls = as_words(rule.get("nonResourceURLs"))
    if urls:
        return f"{verbs} on the addresses {', '.join(urls)}"
    groups = as_words(rule.get("apiGroups"))
    named = f" named {', '.join(as_words(rule.get('resourceNames')))}" if as_words(rule.get("resourceNames")) else ""
    within = "every group" if "*" in groups else ", ".join(group or "the core group" for group in groups) or "no group"
    return f"{verbs} on {', '.join(as_words(rule.get('resources'))) or 'nothing'}{named} in {within}"


def _why_strong(rule: Body) -> str:
    verbs, resources = set(as_words(rule.get("verbs"))), set(as_words(rule.get("resources")))
    if "*" in verbs and "*" in resources and "*" in as_words(rule.get("apiGroups")):
        return "everything, as cluster-admin may"
    if "*" in verbs | resources | set(as_words(rule.get("nonResourceURLs"))) or "*" in as_words(rule.get("apiGroups")):
        return "a wildcard"
    if verbs & _STRONG_VERBS:
        return "it can raise its own rights"
    strong = resources & (_READ_IS_STRONG if verbs <= _ONLY_LOOKS else _STRONG_RESOURCES)
    return f"it reaches far through {', '.join(sorted(strong))}" if strong else ""


def role_dangers(role: Body) -> Iterator[Danger]:
    """Of a Role or a ClusterRole."""
    yield from rule_dangers(as_maps(role.get("rules")))
    if role.get("aggregationRule"):
        selectors = as_maps(as_map(role["aggregationRule"]).get("clusterRoleSelectors"))
        labels = "; ".join(", ".join(f"{key}={value}" for key, value in as_map(one.get("matchLabels")).items()) for one in selectors)
        yield Danger(Rank.TAKES_OVER, "takes the rules of every ClusterRole with the labels", labels or "any")
    for key in as_map(as_map(role.get("metadata")).get("labels")):
        if key.startswith(_AGGREGATE):
            yield Danger(Rank.TAKES_OVER, "adds its rules to the ClusterRole", key.removeprefix(_AGGREGATE))


def binding_dangers(binding: Body) -> Iterator[Danger]:
    """Of a RoleBinding or a ClusterRoleBinding: the role, and every subject. The role's rules come from ``rule_dangers``."""
    reference = as_map(binding.get("roleRef"))
    everywhere = binding.get("kind") == "ClusterRoleBinding"
    scope = "in every namespace" if everywhere else f"in namespace {as_map(binding.get('metadata')).get('namespace', '')}"
    rank = Rank.TAKES_OVER if reference.get("name") in ("cluster-admin", "admin") or everywhere else Rank.RUNS
    yield Danger(rank, "gives the role", f"{reference.get('kind', '')} {reference.get('name', '')} {scope}")
    for subject in as_maps(binding.get("subjects")):
        yield _subject_danger(subject, rank)


def _subject_danger(subject: Mapping[str, Any], rank: Rank) -> Danger:
    name = str(subject.get("name", ""))
    place = f"{subject['namespace']}/{name}" if subject.get("namespace") else name
    everyone = _EVERYONE.get(name, "every service account of a namespace" if name.startswith("system:serviceaccounts:") else "")
    note = f" ({everyone})" if everyone else ""
    return Danger(Rank.TAKES_OVER if everyone else rank, f"to the {subject.get('kind', 'subject')}", f"{place}{note}")

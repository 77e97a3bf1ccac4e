"""Users of the demo cluster and the rules that say what they may do, modelled on RBAC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Verbs on resources; `*` stands for all. `namespaces` empty means everywhere, cluster-wide lists included.

    `resources` are plural names, with `/subresource` where one is meant; `names` empty means every object.
    """

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("*",)
    names: tuple[str, ...] = ()

    def allows(self, ask: ResourceAttributes) -> bool:
        return (
            _matches_any(self.verbs, ask.verb)
            and _matches_any(self.groups, ask.group)
            and (_matches_any(self.resources, ask.path) or f"*/{ask.subresource}" in self.resources)
            and (not self.namespaces or ask.namespace in self.namespaces)
            and (not self.names or ask.name in self.names)
        )


@dataclass(frozen=True, slots=True)
class ResourceAttributes:
    """One question to the rules: may somebody do this there?"""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def path(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class User:
    """Somebody known to the cluster. `token` authenticates them; rules come on top of what the cluster's roles give."""

    name: str
    token: str = ""
    groups: tuple[str, ...] = ()
    rules: tuple[PolicyRule, ...] = ()

    @property
    def all_groups(self) -> tuple[str, ...]:
        return (*self.groups, AUTHENTICATED)


def _matches_any(allowed: Iterable[str], asked: str) -> bool:
    return "*" in allowed or asked in allowed

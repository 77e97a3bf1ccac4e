"""Users of the demo cluster and their access rules, modelled on RBAC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Allows verbs on resources; `*` matches everything.

    `resources` are plural names, or `plural/subresource`. Empty `namespaces` allows all namespaces and cluster-wide lists. Empty `names`
    allows every object.
    """

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("*",)
    names: tuple[str, ...] = ()

    def allows(self, attributes: ResourceAttributes) -> bool:
        return (
            _matches_any(self.verbs, attributes.verb)
            and _matches_any(self.groups, attributes.group)
            and (_matches_any(self.resources, attributes.path) or f"*/{attributes.subresource}" in self.resources)
            and (not self.namespaces or attributes.namespace in self.namespaces)
            and (not self.names or attributes.name in self.names)
        )


@dataclass(frozen=True, slots=True)
class ResourceAttributes:
    """What a request does and to which object: the input of an access check (after SubjectAccessReview)."""

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
    """A user of the cluster. `token` authenticates it. `rules` are added to what the cluster's roles grant."""

    name: str
    token: str = ""
    groups: tuple[str, ...] = ()
    rules: tuple[PolicyRule, ...] = ()

    @property
    def all_groups(self) -> tuple[str, ...]:
        return (*self.groups, AUTHENTICATED)


def _matches_any(allowed: Iterable[str], requested: str) -> bool:
    return "*" in allowed or requested in allowed

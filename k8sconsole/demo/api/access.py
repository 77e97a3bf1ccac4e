"""Authentication by token or client certificate, and authorisation by user rules and the cluster's RBAC objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.resources import RESOURCES
from k8sconsole.demo.users import MASTERS, PolicyRule, ResourceAttributes, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from k8sconsole.demo.resources import ServedResource
    from k8sconsole.demo.storage import ObjectStore


Json = dict[str, Any]


class AccessControl:
    """Authenticates users, and authorises their requests by their own rules and the cluster's roles and bindings."""

    def __init__(self, store: ObjectStore, users: Iterable[User]) -> None:
        self._store = store
        self._users = {user.name: user for user in users}

    @property
    def users(self) -> Iterable[User]:
        return self._users.values()

    def add_user(self, user: User) -> None:
        """Add a user, or replace the user of that name and its token."""
        self._users[user.name] = user

    def authenticate(self, authorization: str, certificate: Json | None) -> User:
        """The user of an Authorization header or of a client certificate's subject. Raises a 401 status for an unknown one."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and (user := self.find_by_token(token.strip())):
            return user
        if certificate and not authorization:
            return self._authenticate_certificate(certificate)
        raise status.unauthorized()

    def impersonate(self, user: User, name: str, groups: tuple[str, ...]) -> User:
        """The impersonated user. Raises a 403 status unless `user` may impersonate it."""
        if not self.allows(user, ResourceAttributes("impersonate", "", "users", name=name)):
            why = f'User "{user.name}" cannot impersonate resource "users" in API group "" at the cluster scope'
            raise status.ApiStatus(403, "Forbidden", f'users "{name}" is forbidden: {why}', {"name": name, "kind": "users"})
        known = self._users.get(name)
        return known if known and not groups else User(name, groups=groups)

    def find_by_token(self, token: str) -> User | None:
        return next((user for user in self._users.values() if token and user.token == token), None)

    def _authenticate_certificate(self, certificate: Json) -> User:
        subject = [pair for relative in certificate.get("subject", ()) for pair in relative]
        name = next((value for key, value in subject if key == "commonName"), "")
        groups = tuple(value for key, value in subject if key == "organizationName")
        if not name:
            raise status.unauthorized()
        known = self._users.get(name)
        return known or User(name, groups=groups)

    def allows(self, user: User, attributes: ResourceAttributes) -> bool:
        return MASTERS in user.groups or any(rule.allows(attributes) for rule in self.rules_of(user))

    def rules_of(self, user: User) -> Iterator[PolicyRule]:
        """All rules granted to a user: its own, then those of cluster role bindings, then those of role bindings."""
        if MASTERS in user.groups:
            yield PolicyRule(("*",), ("*",))
        yield from user.rules
        for binding in self._store.iterate(RESOURCES["rbac.authorization.k8s.io/clusterrolebindings"]):
            if _binding_applies(binding, user):
                yield from self._rules_of_role(binding["roleRef"], "")
        for binding in self._store.iterate(RESOURCES["rbac.authorization.k8s.io/rolebindings"]):
            if _binding_applies(binding, user):
                yield from self._rules_of_role(binding["roleRef"], binding["metadata"]["namespace"])

    def _rules_of_role(self, reference: Json, namespace: str) -> Iterator[PolicyRule]:
        cluster_wide = reference.get("kind") == "ClusterRole"
        plural = "clusterroles" if cluster_wide else "roles"
        resource = RESOURCES[f"rbac.authorization.k8s.io/{plural}"]
        role_namespace = "" if cluster_wide else namespace
        if not self._store.has(resource, role_namespace, reference["name"]):
            return
        for rule in self._store.get(resource, role_namespace, reference["name"]).get("rules") or ():
            yield parse_policy_rule(rule, namespace)

    def check_access(self, user: User, resource: ServedResource, attributes: ResourceAttributes) -> None:
        """Raise a 403 status with the API server's message when no rule allows the request."""
        if self.allows(user, attributes):
            return
        where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
        group = resource.group
        why = f'User "{user.name}" cannot {attributes.verb} resource "{attributes.path}" in API group "{group}" {where}'
        raise status.forbidden(resource, attributes.name, why)


def parse_policy_rule(rule: Json, namespace: str) -> PolicyRule:
    """Parse a rule of a Role or ClusterRole that is bound in one namespace, or in all ("")."""
    return PolicyRule(
        tuple(rule.get("verbs") or ()),
        tuple(rule.get("resources") or ()),
        (namespace,) if namespace else (),
        tuple(rule.get("apiGroups") or ()),
        tuple(rule.get("resourceNames") or ()),
    )


def _binding_applies(binding: Json, user: User) -> bool:
    return any(_subject_matches(subject, binding, user) for subject in binding.get("subjects") or ())


def _subject_matches(subject: Json, binding: Json, user: User) -> bool:
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == "Group":
        return name in user.all_groups
    if kind == "ServiceAccount":
        account_namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
        return user.name == f"system:serviceaccount:{account_namespace}:{name}"
    return kind == "User" and name == user.name

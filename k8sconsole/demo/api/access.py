"""Authentication by token or client certificate, and authorisation by rules and by the cluster's roles."""

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
    """Authentication by token or certificate name, and authorisation by the users' own rules and the cluster's role objects."""

    def __init__(self, store: ObjectStore, users: Iterable[User]) -> None:
        self._store = store
        self._users = {user.name: user for user in users}

    @property
    def users(self) -> Iterable[User]:
        return self._users.values()

    def add_user(self, user: User) -> None:
        """This user is known from now on, by this token and no other."""
        self._users[user.name] = user

    def authenticate(self, authorization: str, certificate: Json | None) -> User:
        """The user behind an Authorization header or a client certificate's subject; raises a 401 status."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and (user := self.find_by_token(token.strip())):
            return user
        if certificate and not authorization:
            return self._authenticate_certificate(certificate)
        raise status.unauthorized()

    def impersonate(self, user: User, name: str, groups: tuple[str, ...]) -> User:
        """The user somebody acts as; raises a 403 status unless they may impersonate."""
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

    def allows(self, user: User, ask: ResourceAttributes) -> bool:
        return MASTERS in user.groups or any(rule.allows(ask) for rule in self.rules_of(user))

    def rules_of(self, user: User) -> Iterator[PolicyRule]:
        """Everything granted to a user: their own rules, then cluster role bindings, then role bindings."""
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
        place = "" if cluster_wide else namespace
        if not self._store.has(resource, place, reference["name"]):
            return
        for rule in self._store.get(resource, place, reference["name"]).get("rules") or ():
            yield parse_policy_rule(rule, namespace)

    def check_access(self, user: User, resource: ServedResource, ask: ResourceAttributes) -> None:
        """Raises a 403 status, in the server's words, when the rules do not allow it."""
        if self.allows(user, ask):
            return
        where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
        group = resource.group
        why = f'User "{user.name}" cannot {ask.verb} resource "{ask.path}" in API group "{group}" {where}'
        raise status.forbidden(resource, ask.name, why)


def parse_policy_rule(rule: Json, namespace: str) -> PolicyRule:
    """A PolicyRule of a Role or ClusterRole, bound to one namespace or ("") to all."""
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
        place = subject.get("namespace") or binding["metadata"].get("namespace", "")
        return user.name == f"system:serviceaccount:{place}:{name}"
    return kind == "User" and name == user.name

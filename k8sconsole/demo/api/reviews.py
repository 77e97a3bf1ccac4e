"""Objects that are questions: may I, who am I, what may I, whose token is this. Answered from the same rules that judge requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.backend import Response, answer
from k8sconsole.demo.users import ResourceAttributes, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]


async def review(backend: Backend, call: Call) -> Response:
    asked = call.document()
    spec = asked.get("spec") or {}
    told = _REVIEWS[call.resource.kind](backend, call, spec)
    meta = {"creationTimestamp": None}
    return answer(
        {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": meta, "spec": spec, "status": told}, 201
    )


def _allowed(backend: Backend, user: User, spec: Json) -> Json:
    attributes = spec.get("resourceAttributes")
    if attributes is None:
        if "nonResourceAttributes" not in spec:
            raise status.bad_request("exactly one of nonResourceAttributes or resourceAttributes must be specified")
        return {"allowed": True, "reason": "discovery and health are open to every authenticated user"}
    keys = ("verb", "group", "resource", "subresource", "namespace", "name")
    return {"allowed": backend.gate.allows(user, ResourceAttributes(**{key: attributes.get(key, "") for key in keys}))}


def _own_access(backend: Backend, call: Call, spec: Json) -> Json:
    return _allowed(backend, call.user, spec)


def _others_access(backend: Backend, _call: Call, spec: Json) -> Json:
    known = next((user for user in backend.gate.users if user.name == spec.get("user")), None)
    user = known or User(spec.get("user", ""), groups=tuple(spec.get("groups") or ()))
    return _allowed(backend, user, spec)


def _own_rules(backend: Backend, call: Call, spec: Json) -> Json:
    namespace = spec.get("namespace", "")
    here = [rule for rule in backend.gate.rules(call.user) if not rule.namespaces or namespace in rule.namespaces]
    rules = [_listed(rule.verbs, rule.groups, rule.resources, rule.names) for rule in here]
    open_paths = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version"]
    return {"resourceRules": rules, "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": open_paths}], "incomplete": False}


def _listed(verbs: tuple[str, ...], groups: tuple[str, ...], resources: tuple[str, ...], names: tuple[str, ...]) -> Json:
    rule: Json = {"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)}
    return rule | ({"resourceNames": list(names)} if names else {})


def _who(_backend: Backend, call: Call, _spec: Json) -> Json:
    return {"userInfo": _info(call.user)}


def _info(user: User) -> Json:
    return {"username": user.name, "groups": list(user.all_groups)}


def _token(backend: Backend, _call: Call, spec: Json) -> Json:
    found = backend.gate.by_token(spec.get("token", ""))
    return {"authenticated": True, "user": _info(found)} if found else {"authenticated": False, "error": "invalid bearer token"}


_REVIEWS: dict[str, Callable[[Backend, Call, Json], Json]] = {
    "SelfSubjectAccessReview": _own_access,
    "LocalSubjectAccessReview": _others_access,
    "SubjectAccessReview": _others_access,
    "SelfSubjectRulesReview": _own_rules,
    "SelfSubjectReview": _who,
    "TokenReview": _token,
}

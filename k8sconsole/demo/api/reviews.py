"""Access and token reviews, answered from the same rules that authorise requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.backend import Response, json_response
from k8sconsole.demo.users import ResourceAttributes, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]


async def create_review(backend: Backend, call: Call) -> Response:
    spec = call.decode_body().get("spec") or {}
    result = _REVIEWS[call.resource.kind](backend, call, spec)
    meta = {"creationTimestamp": None}
    return json_response(
        {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": meta, "spec": spec, "status": result}, 201
    )


def _review_access(backend: Backend, user: User, spec: Json) -> Json:
    attributes = spec.get("resourceAttributes")
    if attributes is None:
        if "nonResourceAttributes" not in spec:
            raise status.bad_request("exactly one of nonResourceAttributes or resourceAttributes must be specified")
        return {"allowed": True, "reason": "discovery and health are open to every authenticated user"}
    keys = ("verb", "group", "resource", "subresource", "namespace", "name")
    return {"allowed": backend.gate.allows(user, ResourceAttributes(**{key: attributes.get(key, "") for key in keys}))}


def _review_own_access(backend: Backend, call: Call, spec: Json) -> Json:
    return _review_access(backend, call.user, spec)


def _review_subject_access(backend: Backend, _call: Call, spec: Json) -> Json:
    known = next((user for user in backend.gate.users if user.name == spec.get("user")), None)
    user = known or User(spec.get("user", ""), groups=tuple(spec.get("groups") or ()))
    return _review_access(backend, user, spec)


def _review_own_rules(backend: Backend, call: Call, spec: Json) -> Json:
    namespace = spec.get("namespace", "")
    here = [rule for rule in backend.gate.rules_of(call.user) if not rule.namespaces or namespace in rule.namespaces]
    rules = [_rule_entry(rule.verbs, rule.groups, rule.resources, rule.names) for rule in here]
    open_paths = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version"]
    return {"resourceRules": rules, "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": open_paths}], "incomplete": False}


def _rule_entry(verbs: tuple[str, ...], groups: tuple[str, ...], resources: tuple[str, ...], names: tuple[str, ...]) -> Json:
    rule: Json = {"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)}
    return rule | ({"resourceNames": list(names)} if names else {})


def _review_self(_backend: Backend, call: Call, _spec: Json) -> Json:
    return {"userInfo": _user_info(call.user)}


def _user_info(user: User) -> Json:
    return {"username": user.name, "groups": list(user.all_groups)}


def _review_token(backend: Backend, _call: Call, spec: Json) -> Json:
    found = backend.gate.find_by_token(spec.get("token", ""))
    return {"authenticated": True, "user": _user_info(found)} if found else {"authenticated": False, "error": "invalid bearer token"}


_REVIEWS: dict[str, Callable[[Backend, Call, Json], Json]] = {
    "SelfSubjectAccessReview": _review_own_access,
    "LocalSubjectAccessReview": _review_subject_access,
    "SubjectAccessReview": _review_subject_access,
    "SelfSubjectRulesReview": _review_own_rules,
    "SelfSubjectReview": _review_self,
    "TokenReview": _review_token,
}

from __future__ import annotations

from k8sconsole.demo.resources import RESOURCES
from k8sconsole.demo.users import PolicyRule, User
from tests.unit.demo.demo_api import Api

PODS = "/api/v1/namespaces/shop/pods"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
READER = User("reader", "r3ad", rules=(PolicyRule(("get", "list", "watch"), ("pods",), ("shop", "other")),))
STRANGER = User("stranger", "n0")


async def test_a_request_without_a_known_token_is_unauthorized() -> None:
    refused = await Api().refusal("GET", PODS, token="wrong")
    assert (refused.code, refused.reason) == (401, "Unauthorized")


async def test_a_user_of_two_namespaces_lists_those_and_gets_the_reason_for_others() -> None:
    api = Api(READER)
    assert (await api.ask("GET", PODS, token="r3ad"))["items"] == []
    refused = await api.refusal("GET", "/api/v1/pods", token="r3ad")
    assert refused.message == 'pods is forbidden: User "reader" cannot list resource "pods" in API group "" at the cluster scope'
    assert (await api.refusal("GET", f"{PODS}/a/log", token="r3ad")).code == 403


async def test_access_reviews_use_the_same_rules_as_requests() -> None:
    api = Api(READER)
    for namespace, allowed in (("shop", True), ("secret", False)):
        spec = {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": namespace}}
        assert (await api.ask("POST", REVIEWS, {"spec": spec}, token="r3ad"))["status"]["allowed"] is allowed


async def test_roles_and_bindings_grant_access() -> None:
    api = Api(STRANGER)
    rule = {"verbs": ["list"], "resources": ["pods"], "apiGroups": [""]}
    role = {"metadata": {"name": "readers", "namespace": "shop"}, "rules": [rule]}
    reference = {"kind": "Role", "name": "readers"}
    binding = {
        "metadata": {"name": "readers", "namespace": "shop"},
        "roleRef": reference,
        "subjects": [{"kind": "User", "name": "stranger"}],
    }
    assert (await api.refusal("GET", PODS, token="n0")).code == 403
    api.store.create(RESOURCES["rbac.authorization.k8s.io/roles"], role)
    api.store.create(RESOURCES["rbac.authorization.k8s.io/rolebindings"], binding)
    assert (await api.ask("GET", PODS, token="n0"))["kind"] == "PodList"


async def test_a_forbidden_object_is_not_disclosed() -> None:
    api = Api(STRANGER)
    await api.pods("a")
    assert [(await api.refusal("GET", f"{PODS}/{name}", token="n0")).code for name in ("a", "missing")] == [403, 403]

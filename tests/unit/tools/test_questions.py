"""The question before a change shows what is dangerous in it, first and whole, and a person's no is final."""

from typing import Any

import msgspec
import pytest

from k8sconsole.errors import ApprovalDenied
from k8sconsole.model.question_view import MOST_CHARACTERS, view_question
from k8sconsole.model.tools import Answer, Question, Risk
from k8sconsole.tools.registry import builtin_registry
from tests.tool_harness import ToolHarness, shared_harness

harness = shared_harness
pytestmark = pytest.mark.asyncio(loop_scope="module")
RBAC = "rbac.authorization.k8s.io"
COMMAND = ["sh", "-c", "nsenter -t 1 -m -u -n -i -- " + "x" * 1000]
SECURED = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}}
EVIL: dict[str, Any] = {
    "name": "evil",
    "image": "evil.example.com/very/long/path/of/an/image:latest",
    "command": COMMAND,
    "securityContext": SECURED,
}
POD: dict[str, Any] = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "made", "namespace": "shop"},
    "spec": {"hostPID": True, "containers": [EVIL], "volumes": [{"name": "node", "hostPath": {"path": "/"}}]},
}  # fmt: skip
EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


async def _ask(harness: ToolHarness, tool: str, **arguments: Any) -> Question:
    """The question that the call asks; the answer is no."""
    harness.questions.clear()
    outcome = await harness.call(tool, **arguments)
    assert len(harness.questions) == 1, outcome.error
    return harness.questions[0]


def _shown(question: Question) -> str:
    text = "\n".join(line.words for line in view_question(question).lines)
    assert len(text) <= MOST_CHARACTERS
    return text


def _assert_in_order(text: str, *wanted: str) -> None:
    places = [text.find(one) for one in wanted]
    assert -1 not in places, (dict(zip(wanted, places, strict=True)), text)


@pytest.mark.parametrize("tool", ["k8s_apply_resource", "k8s_create_resource"])
async def test_a_new_object_shows_what_it_would_run_and_take_over(harness: ToolHarness, tool: str) -> None:
    shown = _shown(await _ask(harness, tool, manifest=POD))
    _assert_in_order(shown, "pods · namespace shop · 1 object", "hostPID: true", "container evil: privileged: true",
                     "added capabilities: SYS_ADMIN", "volume node: path of the node: /", "service account: default",
                     f"image: {EVIL['image']}", msgspec.json.encode(COMMAND).decode())  # fmt: skip
    assert shown.index("privileged") < shown.index("dry run")


async def _deployment(harness: ToolHarness) -> dict[str, Any]:
    listed = await harness.call("k8s_list_resources", kind="deploy", namespace="shop", live=True)
    return {"kind": "deploy", "name": listed.data["items"][0]["name"], "namespace": "shop"}


async def test_a_patch_that_adds_a_privileged_init_container_shows_it_first(harness: ToolHarness) -> None:
    labels = {f"note-{number}": "harmless" for number in range(60)}
    patch = {"metadata": {"labels": labels}, "spec": {"template": {"spec": {"initContainers": [EVIL]}}}}
    shown = _shown(await _ask(harness, "k8s_patch_resource", **await _deployment(harness), patch=patch, form="strategic"))
    _assert_in_order(shown, "deployments.apps", "init container evil: privileged: true", str(EVIL["image"]))
    assert shown.index("init container evil: privileged") < shown.index("note-0")


@pytest.mark.parametrize(("kind", "scope"), [("ClusterRoleBinding", {}), ("RoleBinding", {"namespace": "shop"})])
async def test_a_binding_shows_the_whole_role_with_its_rules(harness: ToolHarness, kind: str, scope: dict[str, str]) -> None:
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "a-service-account-with-a-very-long-name-that-is-cut-in-the-middle", "namespace": "shop"}
    manifest = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": "b", **scope}, "roleRef": role, "subjects": [subject]}
    shown = _shown(await _ask(harness, "k8s_apply_resource", manifest=manifest))
    _assert_in_order(shown, f"{kind.lower()}s.{RBAC}", "gives the role: ClusterRole cluster-admin", f"shop/{subject['name']}",
                     "* on * in every group")  # fmt: skip
    unknown = {**manifest, "roleRef": {**role, "name": "nowhere"}}
    assert "the rights of the ClusterRole it gives are unknown" in _shown(await _ask(harness, "k8s_apply_resource", manifest=unknown))


async def test_a_pod_shows_the_rights_of_its_service_account(harness: ToolHarness) -> None:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    accounts = await harness.environment.find_resource(cluster.name, "serviceaccounts")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "boss", "namespace": "shop"}}
    await cluster.create(accounts, "shop", msgspec.json.encode(account))
    bindings = await harness.environment.find_resource(cluster.name, "clusterrolebindings")
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "boss", "namespace": "shop"}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "boss"},
        "roleRef": role,
        "subjects": [subject],
    }
    await cluster.create(bindings, None, msgspec.json.encode(binding))
    plain = {**POD, "spec": {"serviceAccountName": "boss", "containers": [{"name": "c", "image": "x:1"}]}}
    shown = _shown(await _ask(harness, "k8s_create_resource", manifest=plain))
    _assert_in_order(
        shown, "service account: boss", "ClusterRoleBinding boss gives boss the ClusterRole cluster-admin", "* on * in every group"
    )
    unmounted = {**plain, "spec": {**plain["spec"], "automountServiceAccountToken": False}}
    assert "cluster-admin" not in _shown(await _ask(harness, "k8s_create_resource", manifest=unmounted))


async def test_exec_and_run_and_set_image_show_what_runs_and_with_which_power(harness: ToolHarness) -> None:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    pods = await harness.environment.find_resource(cluster.name, "pods")
    await cluster.create(pods, "shop", msgspec.json.encode({**POD, "metadata": {"name": "strong", "namespace": "shop"}}))
    shown = _shown(await _ask(harness, "k8s_exec_pod", name="strong", namespace="shop", command=["id"]))
    _assert_in_order(shown, "hostPID: true", "container evil: privileged: true", "service account: default", "'id'")
    shown = _shown(await _ask(harness, "k8s_run_pod", name="ran", namespace="shop", image="x:9", command=COMMAND))
    _assert_in_order(shown, "image: x:9", msgspec.json.encode(COMMAND).decode())
    image = "registry.example.com/" + "deep/" * 30 + "app:2"
    container = {"container": "", **await _deployment(harness)}
    shown = _shown(await _ask(harness, "k8s_set_image", **container, image=image))
    assert f"image: {image} (was " in shown


async def test_an_object_of_a_megabyte_is_bounded_at_first_view_and_whole_behind_it(harness: ToolHarness) -> None:
    data = {f"key-{number}": f"value-{number} " * 40 for number in range(1_800)}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big", "namespace": "shop"}, "data": data}
    question = await _ask(harness, "k8s_apply_resource", manifest=manifest)
    view = view_question(question)
    _shown(question)
    assert view.folded > 1_000
    assert "key-1799" in "\n".join(view.change)


async def test_a_secret_stays_masked_in_its_question(harness: ToolHarness) -> None:
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}, "stringData": {"a": "Zq7-planted"}}
    for tool in ("k8s_apply_resource", "k8s_create_resource"):
        question = await _ask(harness, tool, manifest=manifest)
        assert "Zq7-planted" not in msgspec.json.encode(question).decode()
        assert "secrets · namespace shop" in _shown(question)


async def test_scaling_to_zero_is_destructive_and_says_that_nothing_serves(harness: ToolHarness) -> None:
    spec = builtin_registry().find("k8s_scale_resource")
    assert spec.risk is Risk.DESTRUCTIVE
    assert spec.annotations()["destructiveHint"]
    workload = await _deployment(harness)
    assert "no pod serves" in "".join((await _ask(harness, "k8s_scale_resource", **workload, replicas=0)).dangers)
    assert "no pod serves" in "".join((await _ask(harness, "k8s_patch_resource", **workload, patch={"spec": {"replicas": 0}})).dangers)


async def test_after_a_persons_no_nothing_suggests_how_to_allow_it(harness: ToolHarness) -> None:
    workload = await _deployment(harness)
    for answer in (Answer(False, by="terminal"), Answer(False), Answer(False, by="the client's user (decline)")):
        harness.answer = lambda question, answer=answer: answer  # type: ignore[misc]
        outcome = await harness.call("k8s_delete_resource", **workload)
        assert isinstance(outcome.error, ApprovalDenied)
        text = f"{outcome.error} {outcome.structured(0.0)}".lower()
        assert outcome.error.remedy == ""
        assert not any(word in text for word in ("try:", "policy", "allow", "--yes", "type ", "confirm"))
    node = (await harness.call("k8s_list_nodes", limit=1)).data["items"][0]["name"]
    harness.answer = lambda question: Answer(True, "another word", "test")
    outcome = await harness.call("k8s_drain_node", name=node, force=True, delete_emptydir_data=True)
    assert isinstance(outcome.error, ApprovalDenied)
    assert (outcome.error.remedy, node in str(outcome.error)) == ("", False)


async def test_a_refusal_where_no_person_could_be_asked_shows_what_was_not_asked(harness: ToolHarness) -> None:
    harness.answer = lambda question: Answer(False, by="no terminal", asked=False)
    outcome = await harness.call("k8s_apply_resource", manifest=POD)
    assert isinstance(outcome.error, ApprovalDenied)
    assert outcome.error.remedy
    asked = outcome.structured(0.0)["error"]["details"]["question"]
    _assert_in_order(asked, "hostPID: true", "privileged: true", "evil.example.com")
    assert len(asked) <= 4_500


async def test_a_deletion_names_the_number_of_objects_and_what_no_longer_protects(harness: ToolHarness) -> None:
    question = await _ask(harness, "k8s_delete_resource", kind="namespace", name="shop")
    assert question.subject[:2] == ("namespaces", "for the whole cluster")
    assert int(question.subject[2].split()[0].replace(",", "")) > 5
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    policies = await harness.environment.find_resource(cluster.name, "networkpolicies")
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "wall"}, "spec": {"podSelector": {}}}
    await cluster.create(policies, "shop", msgspec.json.encode(policy))
    question = await _ask(harness, "k8s_delete_resource", kind="netpol", name="wall", namespace="shop")
    assert question.subject == ("networkpolicies.networking.k8s.io", "namespace shop", "1 object")
    assert "the pods that it selects lose its limits on traffic" in question.consequences

"""Every tool that changes something, called against a real API server as a person who says yes calls it; kubectl judges what came of it."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from k8sconsole.cli.session import settings_with
from k8sconsole.model.tools import Answer, Face, Question, ToolOutcome
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console
from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster
from tests.control_plane.plane import ControlPlane
from tests.questions import answer_questions

pytestmark = [pytest.mark.real, pytest.mark.long]


class Hands:
    """A console on the real cluster, in a namespace of the test's own, whose person says yes to everything and types the word wanted."""

    def __init__(self, console: Console, cluster: OfferedCluster) -> None:
        self.console = console
        self.space = cluster.namespace
        self.kubectl: Callable[..., str] = cluster.kubectl
        self.questions: list[Question] = []

    async def call(self, tool: str, *, spaced: bool = True, **arguments: Any) -> ToolOutcome:
        given = {"namespace": self.space, **arguments} if spaced else arguments
        outcome = await self.console.tools.call(tool, given, face=Face.CLI)
        assert outcome.error is None, f"{tool}: {outcome.error} {outcome.error.details if outcome.error else ''}"
        return outcome


@pytest.fixture
async def hands(real_cluster: OfferedCluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hands]:
    program = Program(tmp_path / "program", real_cluster.kubeconfig)
    for name in ("HOME", "KUBECONFIG", "CACHE_DB_PATH", "K8SCONSOLE_LOG__FOLDER"):
        monkeypatch.setenv(name, program.env[name])
    console = await Console.open(Opening(settings_with({}), Face.CLI))
    made = Hands(console, real_cluster)
    made.questions = answer_questions(console, lambda question: Answer(True, question.confirm_word, by="test"))
    yield made
    await console.close()


def _state(printed: str) -> Any:
    return json.loads(printed)


async def test_a_workload_is_created_scaled_updated_restarted_and_rolled_back(hands: Hands) -> None:
    def deployment() -> Any:
        return _state(hands.kubectl("get", "deploy", "web", "-n", hands.space, "-o", "json"))

    await hands.call("k8s_create_deployment", name="web", image="registry.example/web:1", replicas=2)
    hands.kubectl("rollout", "status", "deploy/web", "-n", hands.space, "--timeout=60s", timeout=90)
    scaled = await hands.call("k8s_scale_resource", kind="deploy", name="web", replicas=3)
    assert deployment()["spec"]["replicas"] == 3
    await hands.call("k8s_set_image", kind="deploy", name="web", image="registry.example/web:2")
    assert deployment()["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:2"
    hands.kubectl("rollout", "status", "deploy/web", "-n", hands.space, "--timeout=60s", timeout=90)
    await hands.call("k8s_rollout_undo", kind="deploy", name="web", revision=1)
    assert deployment()["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:1"
    await hands.call("k8s_rollout_restart", kind="deploy", name="web")
    assert "kubectl.kubernetes.io/restartedAt" in deployment()["spec"]["template"]["metadata"]["annotations"]
    back = scaled.data["undo"]
    await hands.call(back["tool"], spaced=False, **back["arguments"])
    assert deployment()["spec"]["replicas"] == 2
    await hands.call("k8s_label_resource", kind="deploy", name="web", labels={"tier": "front"})
    await hands.call("k8s_annotate_resource", kind="deploy", name="web", annotations={"note": "[b]not bold[/b]"})
    assert deployment()["metadata"]["labels"]["tier"] == "front"
    assert deployment()["metadata"]["annotations"]["note"] == "[b]not bold[/b]"
    await hands.call("k8s_delete_resource", kind="deploy", name="web")
    assert hands.kubectl("get", "deploy", "-n", hands.space, "-o", "name") == ""
    assert len(hands.questions) == 9, "every change was asked about"


async def test_manifests_are_created_applied_and_patched_in_each_form(hands: Hands) -> None:
    def data() -> dict[str, str]:
        found: dict[str, str] = _state(hands.kubectl("get", "cm", "settings", "-n", hands.space, "-o", "json"))["data"]
        return found

    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
    await hands.call("k8s_create_resource", manifest=manifest)
    await hands.call("k8s_apply_resource", manifest={**manifest, "data": {"a": "1", "b": "2"}}, force=True)
    assert data() == {"a": "1", "b": "2"}
    await hands.call("k8s_patch_resource", kind="cm", name="settings", patch={"data": {"c": "3"}}, form="merge")
    await hands.call("k8s_patch_resource", kind="cm", name="settings", patch=[{"op": "remove", "path": "/data/a"}], form="json")
    await hands.call("k8s_patch_resource", kind="cm", name="settings", patch={"data": {"d": "4"}}, form="strategic")
    assert data() == {"b": "2", "c": "3", "d": "4"}


async def test_a_pod_is_run_a_command_runs_in_it_and_it_is_deleted(hands: Hands) -> None:
    """Its port is not tried: kwok's kubelets speak SPDY there and refuse a WebSocket."""
    await hands.call("k8s_run_pod", name="tool-box", image="registry.example/box:1")
    hands.kubectl("wait", "--for=condition=Ready", "pod/tool-box", "-n", hands.space, "--timeout=60s", timeout=90)
    said = await hands.call("k8s_exec_pod", name="tool-box", command=["sh", "-c", "echo out; echo err >&2"])
    assert (said.data["exit_code"], said.data["stdout"], said.data["stderr"]) == (0, "out", "err")
    await hands.call("k8s_delete_pod", name="tool-box", grace_seconds=0)
    assert hands.kubectl("get", "pods", "-n", hands.space, "-o", "name") == ""


async def test_a_cron_job_is_suspended_resumed_and_started_by_hand(hands: Hands) -> None:
    hands.kubectl("create", "cronjob", "nightly", "--image=registry.example/job:1", "--schedule=0 3 * * *", "-n", hands.space)
    await hands.call("k8s_suspend_cronjob", name="nightly", suspend=True)
    assert _state(hands.kubectl("get", "cronjob", "nightly", "-n", hands.space, "-o", "json"))["spec"]["suspend"] is True
    await hands.call("k8s_trigger_cronjob", name="nightly", job="nightly-now")
    job = _state(hands.kubectl("get", "job", "nightly-now", "-n", hands.space, "-o", "json"))
    assert job["metadata"]["ownerReferences"][0]["name"] == "nightly"


async def test_a_node_is_cordoned_drained_and_opened_again(hands: Hands, control_plane: ControlPlane) -> None:
    (node,) = control_plane.create_nodes(1, prefix=f"drained-{hands.space[-6:]}")
    pod = {"spec": {"nodeName": node}}
    hands.kubectl("run", "resident", "--image=registry.example/x:1", "-n", hands.space, f"--overrides={json.dumps(pod)}")
    hands.kubectl("wait", "--for=condition=Ready", "pod/resident", "-n", hands.space, "--timeout=60s", timeout=90)
    await hands.call("k8s_cordon_node", spaced=False, name=node)
    assert _state(hands.kubectl("get", "node", node, "-o", "json"))["spec"]["unschedulable"] is True
    await hands.call("k8s_drain_node", spaced=False, name=node, force=True, grace_seconds=0, timeout_seconds=60)
    assert hands.questions[-1].confirm_word == node, "draining wants the node's name"
    assert hands.kubectl("get", "pods", "-n", hands.space, "-o", "name") == ""
    await hands.call("k8s_uncordon_node", spaced=False, name=node)
    assert "unschedulable" not in _state(hands.kubectl("get", "node", node, "-o", "json"))["spec"]
    hands.kubectl("delete", "node", node)


async def test_a_change_is_undone_from_history(hands: Hands) -> None:
    hands.kubectl("create", "configmap", "kept", "--from-literal=a=1", "-n", hands.space)
    await hands.console.scanning.scan_once(("configmaps",))
    await hands.call("k8s_patch_resource", kind="cm", name="kept", patch={"data": {"a": "2"}}, form="merge")
    await hands.console.scanning.scan_once(("configmaps",))
    versions = (await hands.call("history_list_versions", kind="cm", name="kept")).data["versions"]
    await hands.call("k8s_undo_change", kind="cm", name="kept", resource_version=versions[0]["resource_version"])
    assert _state(hands.kubectl("get", "cm", "kept", "-n", hands.space, "-o", "json"))["data"] == {"a": "1"}

"""Every writing tool on a real API server, with a user who approves each question. kubectl checks the results."""

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


class WritingSetup:
    """A console on the real cluster, in a namespace of the test, whose user approves every question and types the confirmation word."""

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
async def setup(real_cluster: OfferedCluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WritingSetup]:
    program = Program(tmp_path / "program", real_cluster.kubeconfig)
    for name in ("HOME", "KUBECONFIG", "CACHE_DB_PATH", "K8SCONSOLE_LOG__FOLDER"):
        monkeypatch.setenv(name, program.env[name])
    console = await Console.open(Opening(settings_with({}), Face.CLI))
    made = WritingSetup(console, real_cluster)
    made.questions = answer_questions(console, lambda question: Answer(True, question.confirm_word, by="test"))
    yield made
    await console.close()


def _state(printed: str) -> Any:
    return json.loads(printed)


async def test_a_workload_is_created_scaled_updated_restarted_and_rolled_back(setup: WritingSetup) -> None:
    def deployment() -> Any:
        return _state(setup.kubectl("get", "deploy", "web", "-n", setup.space, "-o", "json"))

    await setup.call("k8s_create_deployment", name="web", image="registry.example/web:1", replicas=2)
    setup.kubectl("rollout", "status", "deploy/web", "-n", setup.space, "--timeout=60s", timeout=90)
    scaled = await setup.call("k8s_scale_resource", kind="deploy", name="web", replicas=3)
    assert deployment()["spec"]["replicas"] == 3
    await setup.call("k8s_set_image", kind="deploy", name="web", image="registry.example/web:2")
    assert deployment()["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:2"
    setup.kubectl("rollout", "status", "deploy/web", "-n", setup.space, "--timeout=60s", timeout=90)
    await setup.call("k8s_rollout_undo", kind="deploy", name="web", revision=1)
    assert deployment()["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:1"
    await setup.call("k8s_rollout_restart", kind="deploy", name="web")
    assert "kubectl.kubernetes.io/restartedAt" in deployment()["spec"]["template"]["metadata"]["annotations"]
    back = scaled.data["undo"]
    await setup.call(back["tool"], spaced=False, **back["arguments"])
    assert deployment()["spec"]["replicas"] == 2
    await setup.call("k8s_label_resource", kind="deploy", name="web", labels={"tier": "front"})
    await setup.call("k8s_annotate_resource", kind="deploy", name="web", annotations={"note": "[b]not bold[/b]"})
    assert deployment()["metadata"]["labels"]["tier"] == "front"
    assert deployment()["metadata"]["annotations"]["note"] == "[b]not bold[/b]"
    await setup.call("k8s_delete_resource", kind="deploy", name="web")
    assert setup.kubectl("get", "deploy", "-n", setup.space, "-o", "name") == ""
    assert len(setup.questions) == 9, "every change was asked about"


async def test_manifests_are_created_applied_and_patched_in_each_form(setup: WritingSetup) -> None:
    def data() -> dict[str, str]:
        found: dict[str, str] = _state(setup.kubectl("get", "cm", "settings", "-n", setup.space, "-o", "json"))["data"]
        return found

    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
    await setup.call("k8s_create_resource", manifest=manifest)
    await setup.call("k8s_apply_resource", manifest={**manifest, "data": {"a": "1", "b": "2"}}, force=True)
    assert data() == {"a": "1", "b": "2"}
    await setup.call("k8s_patch_resource", kind="cm", name="settings", patch={"data": {"c": "3"}}, form="merge")
    await setup.call("k8s_patch_resource", kind="cm", name="settings", patch=[{"op": "remove", "path": "/data/a"}], form="json")
    await setup.call("k8s_patch_resource", kind="cm", name="settings", patch={"data": {"d": "4"}}, form="strategic")
    assert data() == {"b": "2", "c": "3", "d": "4"}


async def test_a_pod_is_run_a_command_runs_in_it_and_it_is_deleted(setup: WritingSetup) -> None:
    """Its port is not tried: kwok's kubelets speak SPDY there and refuse a WebSocket."""
    await setup.call("k8s_run_pod", name="tool-box", image="registry.example/box:1")
    setup.kubectl("wait", "--for=condition=Ready", "pod/tool-box", "-n", setup.space, "--timeout=60s", timeout=90)
    said = await setup.call("k8s_exec_pod", name="tool-box", command=["sh", "-c", "echo out; echo err >&2"])
    assert (said.data["exit_code"], said.data["stdout"], said.data["stderr"]) == (0, "out", "err")
    await setup.call("k8s_delete_pod", name="tool-box", grace_seconds=0)
    assert setup.kubectl("get", "pods", "-n", setup.space, "-o", "name") == ""


async def test_a_cron_job_is_suspended_resumed_and_started_by_hand(setup: WritingSetup) -> None:
    setup.kubectl("create", "cronjob", "nightly", "--image=registry.example/job:1", "--schedule=0 3 * * *", "-n", setup.space)
    await setup.call("k8s_suspend_cronjob", name="nightly", suspend=True)
    assert _state(setup.kubectl("get", "cronjob", "nightly", "-n", setup.space, "-o", "json"))["spec"]["suspend"] is True
    await setup.call("k8s_trigger_cronjob", name="nightly", job="nightly-now")
    job = _state(setup.kubectl("get", "job", "nightly-now", "-n", setup.space, "-o", "json"))
    assert job["metadata"]["ownerReferences"][0]["name"] == "nightly"


async def test_a_node_is_cordoned_drained_and_opened_again(setup: WritingSetup, control_plane: ControlPlane) -> None:
    (node,) = control_plane.create_nodes(1, prefix=f"drained-{setup.space[-6:]}")
    pod = {"spec": {"nodeName": node}}
    setup.kubectl("run", "resident", "--image=registry.example/x:1", "-n", setup.space, f"--overrides={json.dumps(pod)}")
    setup.kubectl("wait", "--for=condition=Ready", "pod/resident", "-n", setup.space, "--timeout=60s", timeout=90)
    await setup.call("k8s_cordon_node", spaced=False, name=node)
    assert _state(setup.kubectl("get", "node", node, "-o", "json"))["spec"]["unschedulable"] is True
    await setup.call("k8s_drain_node", spaced=False, name=node, force=True, grace_seconds=0, timeout_seconds=60)
    assert setup.questions[-1].confirm_word == node, "draining wants the node's name"
    assert setup.kubectl("get", "pods", "-n", setup.space, "-o", "name") == ""
    await setup.call("k8s_uncordon_node", spaced=False, name=node)
    assert "unschedulable" not in _state(setup.kubectl("get", "node", node, "-o", "json"))["spec"]
    setup.kubectl("delete", "node", node)


async def test_a_change_is_undone_from_history(setup: WritingSetup) -> None:
    setup.kubectl("create", "configmap", "kept", "--from-literal=a=1", "-n", setup.space)
    await setup.console.scanning.scan_once(("configmaps",))
    await setup.call("k8s_patch_resource", kind="cm", name="kept", patch={"data": {"a": "2"}}, form="merge")
    await setup.console.scanning.scan_once(("configmaps",))
    versions = (await setup.call("history_list_versions", kind="cm", name="kept")).data["versions"]
    await setup.call("k8s_undo_change", kind="cm", name="kept", resource_version=versions[0]["resource_version"])
    assert _state(setup.kubectl("get", "cm", "kept", "-n", setup.space, "-o", "json"))["data"] == {"a": "1"}

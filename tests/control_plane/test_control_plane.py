"""The control plane does what the other tests rely on."""

import datetime
import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.control_plane import binaries, leftovers, metrics
from tests.control_plane.errors import StartFailed
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.offered import OfferedCluster, offer
from tests.control_plane.plane import ControlPlane, Options
from tests.control_plane.ports import listening
from tests.waiting import block_until

pytestmark = pytest.mark.real

BARE = Options(controllers=False, scheduler=False, kwok=False)

cluster = offer("real")


@pytest.fixture
def web(control_plane: ControlPlane, real_namespace: str) -> str:
    """The namespace of a Deployment ``web`` of two pods that has been rolled out."""
    control_plane.kubectl("-n", real_namespace, "create", "deployment", "web", "--image=web:1", "--replicas=2")
    control_plane.kubectl("-n", real_namespace, "rollout", "status", "deployment/web", "--timeout=60s", timeout=90)
    return real_namespace


def test_a_deployment_becomes_running_pods_on_ready_nodes(control_plane: ControlPlane, web: str) -> None:
    pods = json.loads(control_plane.kubectl("-n", web, "get", "pods", "-o", "json"))["items"]
    nodes = json.loads(control_plane.kubectl("get", "nodes", "-o", "json"))["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Running", "Running"]
    assert {pod["spec"]["nodeName"] for pod in pods} <= {node["metadata"]["name"] for node in nodes}


def test_a_service_gets_the_addresses_of_its_pods(control_plane: ControlPlane, web: str) -> None:
    control_plane.kubectl("-n", web, "expose", "deployment", "web", "--port=80")
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{web}/endpointslices"
    block_until(lambda: any(piece["endpoints"] for piece in control_plane.api.get(slices)["items"]))


def test_logs_are_read_from_the_node(control_plane: ControlPlane, web: str) -> None:
    control_plane.log_line("the kettle boils")
    assert "the kettle boils" in control_plane.kubectl("-n", web, "logs", "deployment/web")


def test_exec_runs_a_process_and_reports_its_failure(control_plane: ControlPlane, web: str) -> None:
    assert control_plane.kubectl("-n", web, "exec", "deployment/web", "--", "sh", "-c", "echo $((6 * 7))") == "42\n"
    with pytest.raises(subprocess.CalledProcessError):
        control_plane.kubectl("-n", web, "exec", "deployment/web", "--", "sh", "-c", "exit 3")


def test_a_forwarded_port_answers(control_plane: ControlPlane, web: str) -> None:
    with _kubectl(control_plane, "-n", web, "port-forward", "deployment/web", ":80") as forward:
        assert forward.stdout is not None
        address = forward.stdout.readline().split()[2]
        with urllib.request.urlopen(f"http://{address}/health", timeout=30) as answer:
            assert answer.status == 200
        forward.terminate()


def test_attach_shows_what_the_container_writes_from_now_on(control_plane: ControlPlane, web: str) -> None:
    with _kubectl(control_plane, "-n", web, "attach", "deployment/web") as attached:
        assert attached.stdout is not None
        for _ in range(150):
            control_plane.log_line("the kettle sings")
            if select.select([attached.stdout], [], [], 0.2)[0]:
                break
        attached.terminate()
        assert "the kettle sings" in attached.stdout.read()


@pytest.mark.long
@pytest.mark.skipif(binaries.locate("metrics-server") is None, reason="metrics-server is optional: build --with-metrics-server")
def test_metrics_server_returns_the_usage_that_the_nodes_report(own_control_plane: OwnControlPlane) -> None:
    plane = own_control_plane(Options(nodes=2, metrics_server=True))
    plane.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=2")
    metrics.wait_for_figures(plane.api, plane.processes["metrics-server"])
    assert plane.kubectl("top", "nodes", "--no-headers").count("node-") == 2


def test_a_user_may_do_what_rbac_grants_and_nothing_else(control_plane: ControlPlane, real_namespace: str) -> None:
    reader = control_plane.user("reader", ["auditors"])
    control_plane.kubectl("-n", real_namespace, "create", "rolebinding", "auditors", "--clusterrole=view", "--group=auditors")
    assert control_plane.kubectl("-n", real_namespace, "get", "configmaps", "-o", "name", kubeconfig=reader)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        control_plane.kubectl("get", "nodes", kubeconfig=reader)
    assert 'User "reader" cannot list resource "nodes"' in refused.value.stderr


def test_an_expired_certificate_is_refused(control_plane: ControlPlane) -> None:
    late = control_plane.user("late", ["system:masters"], datetime.timedelta(seconds=-1))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        control_plane.kubectl("get", "nodes", kubeconfig=late)
    assert "Unauthorized" in refused.value.stderr or "must be logged in" in refused.value.stderr


def test_the_server_reports_the_version_that_it_was_built_from(control_plane: ControlPlane) -> None:
    versions = json.loads(control_plane.kubectl("version", "-o", "json"))
    assert versions["serverVersion"]["gitVersion"] == versions["clientVersion"]["gitVersion"] == "v1.36.3"


def test_a_contract_test_gets_a_namespace_and_a_kubeconfig_that_lead_to_the_cluster(cluster: OfferedCluster) -> None:
    assert cluster.kind == "real"
    assert cluster.kubectl("get", "namespace", cluster.namespace, "-o", "name") == f"namespace/{cluster.namespace}\n"


def test_objects_survive_a_killed_api_server_which_returns_on_its_port(own_control_plane: OwnControlPlane) -> None:
    plane = own_control_plane(BARE)
    plane.create_namespace("kept")
    plane.stop_apiserver(kill=True)
    assert not plane.api.ready()
    plane.start_apiserver()
    assert plane.kubectl("get", "namespace", "kept", "-o", "name") == "namespace/kept\n"


def test_a_paused_server_accepts_connections_and_answers_only_after_it_is_resumed(own_control_plane: OwnControlPlane) -> None:
    plane = own_control_plane(BARE)
    plane.processes["kube-apiserver"].pause()
    assert listening(plane.site.ports.apiserver)
    with pytest.raises(subprocess.CalledProcessError):
        plane.kubectl("get", "namespaces", "--request-timeout=1s")
    plane.processes["kube-apiserver"].resume()
    assert "default" in plane.kubectl("get", "namespaces")


def test_a_server_that_cannot_start_says_why(own_control_plane: OwnControlPlane) -> None:
    with pytest.raises(StartFailed, match="unknown flag: --no-such-flag"):
        own_control_plane(replace(BARE, apiserver_flags=("--no-such-flag",)))


def test_two_servers_run_at_the_same_time(own_control_plane: OwnControlPlane) -> None:
    one, other = own_control_plane(BARE), own_control_plane(BARE)
    one.create_namespace("only-here")
    assert one.api.exists("/api/v1/namespaces/only-here")
    assert not other.api.exists("/api/v1/namespaces/only-here")


def test_a_stopped_control_plane_leaves_no_files_and_no_processes(own_control_plane: OwnControlPlane) -> None:
    plane = own_control_plane(BARE)
    pids = [process.pid for process in plane.processes.values()]
    plane.stop()
    assert not plane.site.folder.exists()
    assert not any(_running(pid) for pid in pids if pid is not None)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="leftovers are found through /proc")
def test_the_next_run_removes_what_a_killed_run_left(control_plane: ControlPlane) -> None:
    run = subprocess.Popen([sys.executable, "-m", "tests.control_plane", "start", "--nodes=0"], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip().partition("=")[2]).parent.parent
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    assert folder.is_dir()
    leftovers.sweep()
    assert not folder.exists()
    assert not any(str(folder) in line for line in _command_lines())


def _kubectl(plane: ControlPlane, *arguments: str) -> subprocess.Popen[str]:
    """kubectl while it runs; its standard error, made for people, is dropped."""
    command = [str(plane.kubectl_path), f"--kubeconfig={plane.kubeconfig}", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _command_lines() -> list[str]:
    return [path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]

"""The demo's kubelet, scheduler and controllers leave alone what real ones leave alone."""

from typing import Any

from world_stage import Stage, reasons

from k8sconsole.demo.api.tables.render import find_printer
from k8sconsole.demo.world import kinds, pods
from k8sconsole.demo.world.behaviour import Behaviour
from k8sconsole.demo.world.placement import Placement
from k8sconsole.demo.world.staging.scenario_builder import list_objects
from k8sconsole.demo.world.usage import list_pod_metrics

Json = dict[str, Any]


def _create_pod(stage: Stage, name: str = "web", **spec: Any) -> None:
    spec = {"containers": [{"name": "web", "image": "demo/web:1"}]} | spec
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "test"}, "spec": spec}
    pods.prepare_pod(stage.store, pod, 7)
    stage.store.create(kinds.PODS, pod)


def _pod(stage: Stage, name: str = "web") -> Json:
    return stage.store.get(kinds.PODS, "test", name)


def _row(stage: Stage, name: str = "web") -> list[Any]:
    return list(find_printer(kinds.PODS).row(_pod(stage, name), stage.clock.now()))


def test_a_pod_on_a_node_that_is_not_there_stays_pending_and_is_collected() -> None:
    stage = Stage()
    _create_pod(stage, nodeName="nowhere")
    stage.run(20)
    assert _row(stage)[1:3] == ["0/1", "Pending"]
    stage.run(60)
    assert not stage.store.has(kinds.PODS, "test", "web")


def test_a_pod_starts_when_its_node_appears() -> None:
    stage = Stage(nodes=1)
    _create_pod(stage, nodeName="late")
    stage.run(5)
    node = stage.store.get(kinds.NODES, "", next(iter(stage.store.list_keys(kinds.NODES)))[1])
    stage.store.create(kinds.NODES, node | {"metadata": {"name": "late"}})
    stage.run(60)
    assert _row(stage)[1:3] == ["1/1", "Running"]


def test_a_gated_pod_stays_gated_until_its_gate_is_removed() -> None:
    stage = Stage()
    _create_pod(stage, schedulingGates=[{"name": "example.com/a"}])
    stage.run(400)
    assert _row(stage)[1:3] == ["0/1", "SchedulingGated"]
    assert "FailedScheduling" not in reasons(stage.store, "web")
    stage.change(kinds.PODS, "web", lambda fresh: fresh["spec"].update(schedulingGates=[]))
    stage.run(60)
    assert _row(stage)[1:3] == ["1/1", "Running"]


def test_a_sidecar_keeps_running_beside_the_containers_and_is_counted() -> None:
    stage = Stage()
    sidecar = {"name": "proxy", "image": "demo/proxy:1", "restartPolicy": "Always"}
    setup = {"name": "setup", "image": "demo/setup:1"}
    _create_pod(stage, initContainers=[sidecar, setup])
    stage.run(60)
    status = _pod(stage)["status"]
    assert _row(stage)[1:4] == ["2/2", "Running", "0"]
    assert [("running" in each["state"], each["ready"]) for each in status["initContainerStatuses"]] == [(True, True), (False, True)]


def test_a_sidecar_that_crashes_does_not_stop_the_containers() -> None:
    stage = Stage(Behaviour(container="proxy", exits_after=20, exit_code=1))
    _create_pod(stage, initContainers=[{"name": "proxy", "image": "demo/proxy:1", "restartPolicy": "Always"}])
    stage.run(120)
    status = _pod(stage)["status"]
    assert "running" in status["containerStatuses"][0]["state"]
    assert status["initContainerStatuses"][0]["restartCount"]
    assert {each["type"]: each["status"] for each in status["conditions"]}["Initialized"] == "True"


def test_a_job_with_a_sidecar_ends_when_its_container_does() -> None:
    stage = Stage(Behaviour(container="web", exits_after=10))
    _create_pod(stage, restartPolicy="Never", initContainers=[{"name": "proxy", "image": "demo/proxy:1", "restartPolicy": "Always"}])
    stage.run(60)
    status = _pod(stage)["status"]
    assert (status["phase"], _row(stage)[1:3]) == ("Succeeded", ["0/2", "Completed"])
    assert "terminated" in status["initContainerStatuses"][0]["state"]


def test_a_sidecar_takes_room_on_its_node_and_is_measured() -> None:
    stage = Stage()
    asks = {"resources": {"requests": {"cpu": "300m"}}}
    sidecar = {"name": "proxy", "image": "demo/proxy:1", "restartPolicy": "Always", **asks}
    setup = {"name": "setup", "image": "demo/setup:1", "resources": {"requests": {"cpu": "900m"}}}
    _create_pod(
        stage, initContainers=[sidecar, setup], containers=[{"name": "web", "image": "demo/web:1", **asks}], overhead={"cpu": "50m"}
    )
    stage.run(60)
    node = _pod(stage)["spec"]["nodeName"]
    assert Placement(stage.store).requested_on(node) == {"cpu": 1250, "pods": 1000}
    [measured] = list_pod_metrics(stage.store, "test", stage.clock.now())
    assert {each["name"] for each in measured["containers"]} == {"web", "proxy"}


def test_a_deleted_node_takes_its_finished_pods_along() -> None:
    stage = Stage(Behaviour(container="web", exits_after=5), nodes=1)
    _create_pod(stage, restartPolicy="Never")
    stage.run(60)
    assert _row(stage)[2] == "Completed"
    stage.store.remove(kinds.NODES, "", _pod(stage)["spec"]["nodeName"])
    stage.run(10)
    assert not stage.store.has(kinds.PODS, "test", "web")


def test_of_two_containers_the_failed_one_names_the_pods_status() -> None:
    stage = Stage(Behaviour(container="web", exits_after=5), Behaviour(container="bad", exits_after=5, exit_code=1))
    _create_pod(stage, restartPolicy="Never", containers=[{"name": "web", "image": "a:1"}, {"name": "bad", "image": "b:1"}])
    stage.run(60)
    assert _row(stage)[1:3] == ["0/2", "Error"]


def test_a_pod_is_ready_only_when_its_readiness_gates_are_met() -> None:
    stage = Stage()
    _create_pod(stage, readinessGates=[{"conditionType": "example.com/lb"}])
    stage.run(60)
    found = {each["type"]: each for each in _pod(stage)["status"]["conditions"]}
    assert (found["ContainersReady"]["status"], found["Ready"]["status"]) == ("True", "False")
    assert found["Ready"]["reason"] == "ReadinessGatesNotReady"
    assert 'readiness gate "example.com/lb" does not exist' in found["Ready"]["message"]
    met = {"type": "example.com/lb", "status": "True"}
    stage.change(kinds.PODS, "web", lambda fresh: fresh["status"]["conditions"].append(met))
    stage.run(10)
    assert pods.is_ready(_pod(stage))


def test_a_lost_claim_stays_lost() -> None:
    stage = Stage()
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "gone"}
    claim = {"metadata": {"name": "data", "namespace": "test"}, "spec": spec, "status": {"phase": "Lost"}}
    stage.store.create(kinds.CLAIMS, claim)
    stage.run(700)
    assert stage.store.get(kinds.CLAIMS, "test", "data")["status"]["phase"] == "Lost"


def test_a_bound_claim_whose_volume_goes_is_lost() -> None:
    stage = Stage()
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv"}
    volume = {"metadata": {"name": "pv"}, "spec": {"claimRef": {"namespace": "test", "name": "data"}}, "status": {"phase": "Bound"}}
    stage.store.create(kinds.VOLUMES, volume)
    claim = {"metadata": {"name": "data", "namespace": "test"}, "spec": spec, "status": {"phase": "Bound"}}
    stage.store.create(kinds.CLAIMS, claim)
    stage.run(5)
    stage.store.remove(kinds.VOLUMES, "", "pv")
    stage.run(5)
    assert stage.store.get(kinds.CLAIMS, "test", "data")["status"]["phase"] == "Lost"
    assert "ClaimLost" in reasons(stage.store, "data")


def test_a_scenarios_objects_may_be_in_a_list() -> None:
    names = [{"kind": "ConfigMap", "metadata": {"name": name}} for name in "abc"]
    inner = {"apiVersion": "v1", "kind": "List", "items": names[1:]}
    assert list(list_objects([names[0], {"apiVersion": "v1", "kind": "List", "age": "3d", "items": [inner]}])) == [
        names[0],
        *({"age": "3d"} | each for each in names[1:]),
    ]

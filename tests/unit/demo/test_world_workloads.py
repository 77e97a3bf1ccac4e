"""The workload controllers behave as kubectl and users expect."""

from world_stage import Stage, reasons, waiting

from k8sconsole.demo.world import kinds, pods
from k8sconsole.demo.world.behaviour import Behaviour
from k8sconsole.demo.world.staging.scenario_file import DiskSpec

REVISION = "deployment.kubernetes.io/revision"


def test_a_deployment_gets_ready_pods_with_nodes_and_addresses() -> None:
    stage = Stage()
    stage.apply(replicas=3, port=8080, probe="/healthz")
    stage.run()
    made = stage.pods()
    assert len(made) == 3
    assert all(pods.is_ready(pod) and pod["spec"]["nodeName"] for pod in made)
    assert len({pod["status"]["podIP"] for pod in made}) == 3
    assert stage.deployment()["status"]["availableReplicas"] == 3
    assert stage.conditions()["Progressing"]["reason"] == "NewReplicaSetAvailable"


def test_a_rollout_stays_within_max_surge_and_max_unavailable() -> None:
    stage = Stage()
    stage.apply(replicas=4, port=8080, probe="/healthz")
    stage.run()
    stage.set_image("demo/web:2")
    for _ in range(120):
        stage.run(0.5)
        living = [pod for pod in stage.pods() if pods.is_active(pod)]
        assert len(living) <= 5
        assert sum(map(pods.is_ready, living)) >= 3
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"demo/web:2"}
    assert stage.deployment()["metadata"]["annotations"][REVISION] == "2"


def test_undoing_a_rollout_reuses_the_old_replica_set_with_a_new_revision() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.set_image("demo/web:2")
    stage.run(60)
    stage.set_image("demo/web:1")
    stage.run(60)
    revisions = sorted(each["metadata"]["annotations"][REVISION] for each in stage.store.iterate(kinds.REPLICA_SETS, "test"))
    assert revisions == ["2", "3"]
    assert stage.deployment()["metadata"]["annotations"][REVISION] == "3"


def test_a_missing_image_blocks_the_rollout_until_its_deadline() -> None:
    stage = Stage()
    stage.apply(replicas=3, deadline=120)
    stage.run()
    stage.set_image("demo/web:does-not-exist")
    stage.run(200)
    assert {waiting(pod) for pod in stage.pods()} & {"ImagePullBackOff", "ErrImagePull"}
    assert stage.conditions()["Progressing"]["reason"] == "ProgressDeadlineExceeded"
    assert stage.conditions()["Available"]["status"] == "True"


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.change(kinds.DEPLOYMENTS, "web", lambda fresh: fresh["spec"].update(paused=True, replicas=4))
    stage.set_image("demo/web:2")
    stage.run()
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"demo/web:1"}
    assert len(stage.pods()) == 4


def test_a_stateful_set_scales_up_in_order_and_down_in_reverse_and_keeps_its_claims() -> None:
    stage = Stage()
    storage_class = {"metadata": {"name": "standard"}, "provisioner": "demo", "volumeBindingMode": "WaitForFirstConsumer"}
    stage.store.create(kinds.STORAGE_CLASSES, storage_class)
    stage.apply(name="db", kind="StatefulSet", replicas=3, disk=DiskSpec(size="1Gi"))
    seen: list[list[str]] = []
    for _ in range(40):
        stage.run(0.5)
        names = [pod["metadata"]["name"] for pod in stage.pods()]
        if not seen or names != seen[-1]:
            seen.append(names)
    assert seen[-1] == ["db-0", "db-1", "db-2"]
    assert all(names == sorted(names)[: len(names)] for names in seen)
    stage.change(kinds.STATEFUL_SETS, "db", lambda fresh: fresh["spec"].update(replicas=1))
    stage.run()
    assert [pod["metadata"]["name"] for pod in stage.pods()] == ["db-0"]
    assert [claim["status"]["phase"] for claim in stage.store.iterate(kinds.CLAIMS, "test")] == ["Bound"] * 3


def test_a_daemon_set_has_one_pod_on_every_node_even_if_cordoned() -> None:
    stage = Stage()
    stage.store.mutate(kinds.NODES, "", "node-02", lambda fresh: fresh["spec"].update(unschedulable=True))
    stage.apply(name="agent", kind="DaemonSet")
    stage.run()
    assert sorted(pod["spec"]["nodeName"] for pod in stage.pods()) == ["node-01", "node-02", "node-03"]


def test_a_job_respects_its_parallelism_and_completes() -> None:
    stage = Stage()
    stage.apply(name="sums", kind="Job", job={"completions": 4, "parallelism": 2})
    most = 0
    for _ in range(60):
        stage.run(1)
        most = max(most, sum(map(pods.is_active, stage.pods())))
    job = stage.store.get(kinds.JOBS, "test", "sums")
    assert (most, job["status"]["succeeded"]) == (2, 4)
    assert {each["type"] for each in job["status"]["conditions"]} == {"Complete"}


def test_a_job_fails_at_its_back_off_limit() -> None:
    stage = Stage(Behaviour(workload="sums", exits_after=2, exit_code=3))
    stage.apply(name="sums", kind="Job", job={"backoffLimit": 1})
    stage.run(120)
    job = stage.store.get(kinds.JOBS, "test", "sums")
    assert job["status"]["failed"] == 2
    assert job["status"]["conditions"][0]["reason"] == "BackoffLimitExceeded"


def test_a_cron_job_follows_the_cluster_clock_and_keeps_three_successes() -> None:
    stage = Stage()
    stage.apply(name="tick", kind="CronJob", schedule="*/5 * * * *")
    stage.run(31 * 60)
    jobs = stage.store.list_keys(kinds.JOBS, "test")
    assert len(jobs) == 3
    cron = stage.store.get(kinds.CRON_JOBS, "test", "tick")
    assert cron["status"]["lastScheduleTime"] == "2026-11-22T12:30:00Z"


def test_a_crashing_container_backs_off_and_keeps_its_last_state() -> None:
    stage = Stage(Behaviour(workload="web", exits_after=5, exit_code=1))
    stage.apply()
    stage.run(600)
    status = stage.pods()[0]["status"]["containerStatuses"][0]
    assert 5 <= status["restartCount"] <= 9
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert {"BackOff", "Started", "Pulled"} <= reasons(stage.store, "web")


def test_a_deleted_pod_gets_its_grace_period_and_a_replacement() -> None:
    stage = Stage(Behaviour(workload="web", stops_after=10))
    stage.apply()
    stage.run()
    old = stage.pods()[0]["metadata"]["name"]
    stage.store.delete(kinds.PODS, "test", old)
    stage.run(5)
    assert old in {pod["metadata"]["name"] for pod in stage.pods()}
    stage.run(10)
    assert old not in {pod["metadata"]["name"] for pod in stage.pods()}
    assert len(stage.pods()) == 1


def test_a_pod_of_a_controller_passes_admission() -> None:
    stage = Stage()
    stage.apply()
    stage.run()
    pod = stage.pods()[0]
    volume = pod["spec"]["volumes"][-1]
    assert volume["name"].startswith("kube-api-access-")
    assert [set(source) for source in volume["projected"]["sources"]] == [{"serviceAccountToken"}, {"configMap"}, {"downwardAPI"}]
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    assert mounts[volume["name"]] == "/var/run/secrets/kubernetes.io/serviceaccount"
    template = stage.deployment()["spec"]["template"]["spec"]
    assert "volumes" not in template
    assert "volumeMounts" not in template["containers"][0]


def test_a_bound_pod_gets_the_zone_and_region_labels_of_its_node() -> None:
    stage = Stage()
    stage.apply()
    stage.run()
    pod = stage.pods()[0]
    node = stage.store.get(kinds.NODES, "", pod["spec"]["nodeName"])
    for key in ("topology.kubernetes.io/zone", "topology.kubernetes.io/region"):
        assert pod["metadata"]["labels"][key] == node["metadata"]["labels"][key]


def test_a_stateful_pod_is_labelled_with_its_revision_and_a_daemon_pod_with_the_hash() -> None:
    stage = Stage()
    stage.apply(name="disk", kind="StatefulSet", replicas=1)
    stage.apply(name="agent", kind="DaemonSet")
    stage.run()
    hashes = {pod["metadata"]["name"].partition("-")[0]: pod["metadata"]["labels"]["controller-revision-hash"] for pod in stage.pods()}
    assert hashes["disk"] == stage.store.get(kinds.STATEFUL_SETS, "test", "disk")["status"]["updateRevision"]
    assert f"agent-{hashes['agent']}" in [name for _, name in stage.store.list_keys(kinds.REVISIONS, "test")]


def test_a_missing_service_account_prevents_pod_creation() -> None:
    stage = Stage()
    stage.apply(account="missing")
    stage.run()
    assert not stage.pods()
    assert 'serviceaccount "missing" not found' in stage.conditions()["ReplicaFailure"]["message"]

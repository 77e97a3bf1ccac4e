"""Scheduling, quotas, endpoints, finalizers and garbage collection."""

from world_stage import Stage, reasons

from k8sconsole.demo.world import kinds, pods


def test_an_unschedulable_pod_reports_the_schedulers_message() -> None:
    stage = Stage()
    stage.store.mutate(
        kinds.NODES, "", "node-01", lambda fresh: fresh["spec"].update(taints=[{"key": "gpu", "value": "", "effect": "NoSchedule"}])
    )
    stage.apply(requests={"cpu": "16"})
    stage.run()
    condition = stage.pods()[0]["status"]["conditions"][0]
    assert condition["reason"] == "Unschedulable"
    assert condition["message"].startswith(
        "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: }, 2 Insufficient cpu. preemption:"
    )


def test_a_pending_pod_is_scheduled_when_resources_become_free() -> None:
    stage = Stage(nodes=1)
    stage.apply(name="big", requests={"cpu": "3"})
    stage.run()
    stage.apply(name="next", requests={"cpu": "3"})
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "big", propagation="Background")
    stage.run(10)
    assert [pods.is_ready(pod) for pod in stage.pods()] == [True]


def test_a_quota_refuses_pods_beyond_it_and_reports_its_usage() -> None:
    stage = Stage()
    stage.store.create(
        kinds.QUOTAS, {"metadata": {"name": "compute", "namespace": "test"}, "spec": {"hard": {"requests.cpu": "1", "pods": "5"}}}
    )
    stage.apply(replicas=4, requests={"cpu": "400m"})
    stage.run()
    assert len(stage.pods()) == 2
    assert "FailedCreate" in reasons(stage.store, "web")
    assert (
        "exceeded quota: compute, requested: requests.cpu=400m, used: requests.cpu=800m, limited: requests.cpu=1"
        in (stage.conditions()["ReplicaFailure"]["message"])
    )
    used = stage.store.get(kinds.QUOTAS, "test", "compute")["status"]["used"]
    assert used == {"requests.cpu": "800m", "pods": "2"}


def test_only_ready_pods_are_ready_endpoints() -> None:
    stage = Stage()
    stage.apply(replicas=2, port=8080, probe="/healthz")
    stage.run(2.5)
    subset = stage.store.get(kinds.ENDPOINTS, "test", "web")["subsets"][0]
    assert (len(subset.get("addresses", [])), len(subset["notReadyAddresses"])) == (0, 2)
    stage.run()
    subset = stage.store.get(kinds.ENDPOINTS, "test", "web")["subsets"][0]
    assert (len(subset["addresses"]), subset["ports"][0]["port"]) == (2, 8080)
    slices = list(stage.store.iterate(kinds.SLICES, "test"))
    assert [each["conditions"]["ready"] for each in slices[0]["endpoints"]] == [True, True]


def test_a_load_balancer_gets_its_address_after_a_few_seconds() -> None:
    stage = Stage()
    stage.apply(port=8080, service="LoadBalancer")
    stage.run(1)
    assert not stage.store.get(kinds.SERVICES, "test", "web")["status"]["loadBalancer"]
    stage.run(10)
    assert stage.store.get(kinds.SERVICES, "test", "web")["status"]["loadBalancer"]["ingress"]


def test_deleting_a_deployment_deletes_its_replica_sets_and_pods() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "web", propagation="Background")
    stage.run()
    assert stage.store.count(kinds.REPLICA_SETS) == stage.store.count(kinds.PODS) == 0


def test_foreground_deletion_keeps_the_owner_until_its_pods_are_deleted() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "web", propagation="Foreground")
    stage.world.step()
    assert stage.store.has(kinds.DEPLOYMENTS, "test", "web")
    stage.run()
    assert not stage.store.has(kinds.DEPLOYMENTS, "test", "web")
    assert stage.store.count(kinds.PODS) == 0


def test_orphaned_pods_outlive_their_replica_set() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    name = stage.store.list_keys(kinds.REPLICA_SETS, "test")[0][1]
    stage.store.delete(kinds.DEPLOYMENTS, "test", "web", propagation="Orphan")
    stage.run()
    stage.store.delete(kinds.REPLICA_SETS, "test", name, propagation="Orphan")
    stage.run()
    assert len(stage.pods()) == 2
    assert not any(pod["metadata"].get("ownerReferences") for pod in stage.pods())


def test_a_namespace_is_emptied_before_removal_and_waits_for_finalizers() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    held = {"metadata": {"name": "held", "namespace": "test", "finalizers": ["example.com/hold"]}, "data": {}}
    stage.store.create(kinds.CONFIG_MAPS, held)
    stage.run()
    stage.store.delete(kinds.NAMESPACES, "", "test")
    stage.run(90)
    status = stage.store.get(kinds.NAMESPACES, "", "test")["status"]
    assert status["phase"] == "Terminating"
    assert "example.com/hold in 1 resource instances" in str(status["conditions"])
    stage.store.mutate(kinds.CONFIG_MAPS, "test", "held", lambda fresh: fresh["metadata"].update(finalizers=[]))
    stage.run(5)
    assert not stage.store.has(kinds.NAMESPACES, "", "test")


def test_a_disruption_budget_counts_allowed_disruptions() -> None:
    stage = Stage()
    stage.apply(replicas=3, pdb=2)
    stage.run()
    status = stage.store.get(kinds.BUDGETS, "test", "web")["status"]
    assert (status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)


def test_events_expire_an_hour_after_their_last_occurrence() -> None:
    stage = Stage()
    stage.apply()
    stage.run()
    assert "Scheduled" in reasons(stage.store, "web")
    stage.run(3700)
    assert "Scheduled" not in reasons(stage.store, "web")

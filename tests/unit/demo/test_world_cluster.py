"""The parts of a cluster that are not workloads: placing, quotas, endpoints, finalizers, garbage."""

from world_stage import Stage, reasons

from k8sconsole.demo.world import kinds, pods


def test_a_pod_that_fits_nowhere_says_why_in_the_schedulers_words() -> None:
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


def test_a_waiting_pod_is_placed_as_soon_as_room_is_made() -> None:
    stage = Stage(nodes=1)
    stage.apply(name="big", requests={"cpu": "3"})
    stage.run()
    stage.apply(name="next", requests={"cpu": "3"})
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "big", propagation="Background")
    stage.run(10)
    assert [pods.is_ready(pod) for pod in stage.pods()] == [True]


def test_a_quota_refuses_what_exceeds_it_and_shows_what_is_used() -> None:
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


def test_a_load_balancer_gets_its_address_after_a_moment() -> None:
    stage = Stage()
    stage.apply(port=8080, service="LoadBalancer")
    stage.run(1)
    assert not stage.store.get(kinds.SERVICES, "test", "web")["status"]["loadBalancer"]
    stage.run(10)
    assert stage.store.get(kinds.SERVICES, "test", "web")["status"]["loadBalancer"]["ingress"]


def test_deleting_a_deployment_takes_its_sets_and_pods_with_it() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "web", propagation="Background")
    stage.run()
    assert stage.store.count(kinds.REPLICA_SETS) == stage.store.count(kinds.PODS) == 0


def test_foreground_deletion_keeps_the_owner_until_its_pods_are_gone() -> None:
    stage = Stage()
    stage.apply(replicas=2)
    stage.run()
    stage.store.delete(kinds.DEPLOYMENTS, "test", "web", propagation="Foreground")
    stage.world.step()
    assert stage.store.has(kinds.DEPLOYMENTS, "test", "web")
    stage.run()
    assert not stage.store.has(kinds.DEPLOYMENTS, "test", "web")
    assert stage.store.count(kinds.PODS) == 0


def test_orphaned_pods_stay_when_their_set_goes() -> None:
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


def test_a_namespace_is_emptied_before_it_goes_and_held_by_a_finalizer() -> None:
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


def test_a_disruption_budget_counts_what_may_go() -> None:
    stage = Stage()
    stage.apply(replicas=3, pdb=2)
    stage.run()
    status = stage.store.get(kinds.BUDGETS, "test", "web")["status"]
    assert (status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)


def test_events_are_gone_an_hour_after_they_were_last_seen() -> None:
    stage = Stage()
    stage.apply()
    stage.run()
    assert "Scheduled" in reasons(stage.store, "web")
    stage.run(3700)
    assert "Scheduled" not in reasons(stage.store, "web")

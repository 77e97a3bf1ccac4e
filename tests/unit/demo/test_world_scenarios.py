"""The scenarios: each failure is visible where kubectl shows it."""

import base64
import copy
from collections import Counter
from datetime import timedelta

import pytest
from cryptography import x509
from world_stage import NOW, reasons, staged, waiting

from k8sconsole.demo.api.admission.defaults import fill_defaults
from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.storage import ObjectStore
from k8sconsole.demo.world import conditions, kinds, podlogs, pods, scenario, usage
from k8sconsole.demo.world.run import World
from k8sconsole.errors import UsageError


@pytest.fixture(scope="module")
def bad_day() -> ObjectStore:
    return staged("bad-day")


@pytest.fixture(scope="module")
def calm_shop() -> ObjectStore:
    return staged("calm-shop")


def of(store: ObjectStore, namespace: str, workload: str) -> list[dict]:
    return [pod for pod in store.iterate(kinds.PODS, namespace) if pod["metadata"]["name"].startswith(workload + "-")]


def test_the_calm_shop_is_healthy(calm_shop: ObjectStore) -> None:
    assert all(pods.is_ready(pod) or pods.pod_phase(pod) == "Succeeded" for pod in calm_shop.iterate(kinds.PODS))
    assert calm_shop.count(kinds.PODS) >= 100
    assert calm_shop.count(kinds.NAMESPACES) >= 8
    assert not [event for event in calm_shop.iterate(kinds.EVENTS) if event["type"] == "Warning"]


def test_a_staged_template_has_every_default_so_that_the_first_patch_of_a_deployment_rolls_nothing_out(calm_shop: ObjectStore) -> None:
    for kind in (kinds.DEPLOYMENTS, kinds.REPLICA_SETS, kinds.STATEFUL_SETS, kinds.DAEMON_SETS):
        for workload in calm_shop.iterate(kind):
            complete = copy.deepcopy(workload)
            fill_defaults(kind, complete)
            assert complete["spec"]["template"] == workload["spec"]["template"]


def test_the_calm_shop_has_history(calm_shop: ObjectStore) -> None:
    web = calm_shop.get(kinds.DEPLOYMENTS, "shop", "web")
    assert web["metadata"]["creationTimestamp"] == "2026-10-17T12:03:40Z"
    assert web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert len(of(calm_shop, "shop", "web")) == 6


def test_every_past_job_started_at_its_scheduled_time(calm_shop: ObjectStore) -> None:
    scheduled = "batch.kubernetes.io/cronjob-scheduled-timestamp"
    jobs = [job["metadata"] for job in calm_shop.iterate(kinds.JOBS) if scheduled in job["metadata"].get("annotations", {})]
    assert {job["ownerReferences"][0]["name"] for job in jobs} == {name for _, name in calm_shop.list_keys(kinds.CRON_JOBS)}
    assert all(job["creationTimestamp"] == job["annotations"][scheduled] for job in jobs)


def test_two_worlds_of_one_seed_are_equal_byte_for_byte(bad_day: ObjectStore) -> None:
    other = staged("bad-day")
    assert _bytes(bad_day) == _bytes(other)
    for store in (other, third := staged("bad-day")):
        World(store, store.clock, 1).step()
    assert _bytes(other) == _bytes(third)


def test_shared_objects_are_never_altered() -> None:
    store = staged("bad-day")
    World(store, store.clock, 1).run(120)
    for each in store.registry:
        for key in store.list_keys(each):
            assert store.get_shared(each, *key) == store.get(each, *key), (each.key, key)


def test_the_time_lapse_publishes_the_counted_events_of_its_last_hour(bad_day: ObjectStore) -> None:
    events = list(bad_day.iterate(kinds.EVENTS))
    assert all(NOW - timedelta(hours=1) < parse_timestamp(event["lastTimestamp"]) <= NOW for event in events)
    assert all(event["metadata"]["creationTimestamp"] == event["firstTimestamp"] for event in events)
    loops = [event for event in events if event["reason"] == "BackOff" and event["involvedObject"]["name"].startswith("invoices-")]
    assert max(event["count"] for event in loops) > 20
    assert min(parse_timestamp(event["firstTimestamp"]) for event in loops) < NOW - timedelta(hours=2)


def _bytes(store: ObjectStore) -> dict[tuple[str, str, str], bytes]:
    return {(each.key, *key): store.get_raw(each, *key) for each in store.registry for key in store.list_keys(each)}


def test_a_crash_loop_shows_in_status_events_and_both_logs(bad_day: ObjectStore) -> None:
    pod = max(of(bad_day, "payments", "invoices"), key=lambda each: each["status"]["containerStatuses"][0]["restartCount"])
    name = pod["metadata"]["name"]
    assert waiting(pod) == "CrashLoopBackOff"
    assert pod["status"]["containerStatuses"][0]["restartCount"] > 20
    assert "BackOff" in reasons(bad_day, name)
    last = list(podlogs.read_lines(bad_day, "payments", name, "app", previous=True, now=NOW))
    assert any("IllegalStateException" in text for _, text in last)


def test_an_image_that_cannot_be_pulled_blocks_its_rollout(bad_day: ObjectStore) -> None:
    assert "ImagePullBackOff" in [waiting(pod) for pod in of(bad_day, "shop", "thumbnails")]
    assert sum(map(pods.is_ready, of(bad_day, "shop", "thumbnails"))) == 3


def test_an_oom_kill_is_the_last_state(bad_day: ObjectStore) -> None:
    last = of(bad_day, "shop", "report-builder")[0]["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["reason"], last["exitCode"]) == ("OOMKilled", 137)


@pytest.mark.parametrize(("namespace", "workload"), [("team-b", "model-training"), ("platform", "warehouse-import")])
def test_an_unschedulable_pod_has_its_condition_and_event(bad_day: ObjectStore, namespace: str, workload: str) -> None:
    pod = of(bad_day, namespace, workload)[0]
    assert conditions.find_condition(pod["status"], "PodScheduled")["reason"] == "Unschedulable"
    assert "FailedScheduling" in reasons(bad_day, workload)


def test_a_claim_without_its_storage_class_stays_pending(bad_day: ObjectStore) -> None:
    claim = bad_day.get(kinds.CLAIMS, "platform", "data-analytics-0")
    assert claim["status"]["phase"] == "Pending"
    assert "ProvisioningFailed" in reasons(bad_day, "data-analytics-0")


def test_failing_probes_are_reported(bad_day: ObjectStore) -> None:
    assert not any(map(pods.is_ready, of(bad_day, "shop", "inventory")))
    assert "Unhealthy" in reasons(bad_day, "inventory")
    assert {"Unhealthy", "Killing"} <= reasons(bad_day, "session-gateway")


def test_a_quota_is_exhausted(bad_day: ObjectStore) -> None:
    assert "FailedCreate" in reasons(bad_day, "load-test")
    deployment = bad_day.get(kinds.DEPLOYMENTS, "team-b", "load-test")
    assert conditions.is_true(deployment["status"], "ReplicaFailure")


def test_finalizers_block_an_object_and_a_namespace(bad_day: ObjectStore) -> None:
    certificates = bad_day.registry.find_by_kind("trust.shop.example/v1", "Certificate")
    assert "deletionTimestamp" in bad_day.get(certificates, "shop", "old-campaign")["metadata"]
    legacy = bad_day.get(kinds.NAMESPACES, "", "legacy")
    assert legacy["status"]["phase"] == "Terminating"
    assert conditions.is_true(legacy["status"], "NamespaceFinalizersRemaining")


def test_a_certificate_has_expired(bad_day: ObjectStore) -> None:
    pem = base64.b64decode(bad_day.get(kinds.SECRETS, "payments", "partner-api-tls")["data"]["tls.crt"])
    assert x509.load_pem_x509_certificate(pem).not_valid_after_utc == NOW - timedelta(days=9)


def test_a_node_under_disk_pressure_has_evicted_pods(bad_day: ObjectStore) -> None:
    node = bad_day.get(kinds.NODES, "", "spot-01")
    assert conditions.is_true(node["status"], "DiskPressure")
    assert "node.kubernetes.io/disk-pressure" in {taint["key"] for taint in node["spec"]["taints"]}
    evicted = [pod for pod in bad_day.iterate(kinds.PODS) if pod["status"].get("reason") == "Evicted"]
    assert len(evicted) == 3
    assert {pod["status"]["phase"] for pod in evicted} == {"Failed"}
    came = {pod["metadata"]["creationTimestamp"] for pod in bad_day.iterate(kinds.PODS) if pod["spec"].get("nodeName") == "spot-01"}
    assert max(came) < format_timestamp(NOW - timedelta(minutes=40)), "a node under pressure takes no new pods"


def test_a_rollout_exceeds_its_deadline_while_the_old_version_serves(bad_day: ObjectStore) -> None:
    loyalty = bad_day.get(kinds.DEPLOYMENTS, "shop", "loyalty")
    assert conditions.find_condition(loyalty["status"], "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert conditions.is_true(loyalty["status"], "Available")


def test_log_lines_never_change_and_logs_only_grow(calm_shop: ObjectStore) -> None:
    name = of(calm_shop, "shop", "stock-sync")[-1]["metadata"]["name"]
    ended = list(podlogs.read_lines(calm_shop, "shop", name, "app", previous=False, now=NOW))
    assert ended
    assert ended == list(podlogs.read_lines(calm_shop, "shop", name, "app", previous=False, now=NOW + timedelta(hours=1)))
    web = of(calm_shop, "shop", "web")[0]["metadata"]["name"]
    now = list(podlogs.read_lines(calm_shop, "shop", web, "app", previous=False, now=NOW))
    later = list(podlogs.read_lines(calm_shop, "shop", web, "app", previous=False, now=NOW + timedelta(minutes=1)))
    assert later[-1][0] > now[-1][0]
    assert set(now[100:]) <= set(later)


async def test_followed_logs_bring_new_lines_as_time_passes() -> None:
    store = staged("calm-shop")
    name = of(store, "shop", "web")[0]["metadata"]["name"]
    lines = podlogs.follow_lines(store, "shop", name, "app", since=NOW)
    store.clock.advance(10)
    assert (await anext(lines))[0] > NOW


def test_every_running_pod_and_node_has_usage_near_its_requests(calm_shop: ObjectStore) -> None:
    running = sum(pods.pod_phase(pod) == "Running" for pod in calm_shop.iterate(kinds.PODS))
    assert len(usage.list_pod_metrics(calm_shop, None, NOW)) == running
    web = [pod for pod in usage.list_pod_metrics(calm_shop, "shop", NOW) if pod["metadata"]["name"].startswith("web-")]
    assert all(0 < int(pod["containers"][0]["usage"]["cpu"][:-1]) < 300_000_000 for pod in web)
    assert len(usage.list_node_metrics(calm_shop, NOW)) == 6


def test_metrics_follow_pods_that_start_and_end() -> None:
    store = staged("calm-shop")
    world = World(store, store.clock, 1)
    world.step()
    before = {pod["metadata"]["name"] for pod in usage.list_pod_metrics(store, "team-a", NOW)}
    gone = of(store, "team-a", "greeter")[0]["metadata"]["name"]
    store.delete(kinds.PODS, "team-a", gone)
    for _ in range(30):
        world.run(1)
        usage.list_pod_metrics(store, "team-a", store.clock.now())
    later = {pod["metadata"]["name"] for pod in usage.list_pod_metrics(store, "team-a", store.clock.now())}
    running = {pod["metadata"]["name"] for pod in store.iterate(kinds.PODS, "team-a") if pods.pod_phase(pod) == "Running"}
    assert gone in before - later
    assert later == running
    assert any(name.startswith("greeter-") for name in later - before)


def test_the_calm_shop_changes_slightly_every_minute() -> None:
    store = staged("calm-shop")
    world = World(store, store.clock, 1)
    world.step()
    kinds_seen: Counter[str] = Counter()
    watch = store.subscribe()
    world.run(1200)
    kinds_seen.update(event.resource.key for event in watch.take_pending())
    assert kinds_seen["/pods"] > 20
    assert kinds_seen["batch/jobs"] > 3
    assert kinds_seen["autoscaling/horizontalpodautoscalers"] > 20
    assert sum(kinds_seen.values()) < 20 * 300


@pytest.mark.long
def test_ten_thousand_pods_are_generated_settled() -> None:
    store = staged("large", size=10_000)
    assert store.count(kinds.PODS) == 10_000
    healthy = sum(map(pods.is_ready, store.iterate(kinds.PODS)))
    assert 9_000 < healthy < 10_000
    before = store.resource_version
    World(store, store.clock, 1).step()
    assert store.resource_version - before < 2_000


def test_an_unknown_scenario_is_an_error_that_lists_the_scenarios() -> None:
    with pytest.raises(UsageError, match="calm-shop"):
        scenario.load_scenario("calm-shp")

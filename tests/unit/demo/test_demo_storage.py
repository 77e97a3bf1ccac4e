from __future__ import annotations

import pytest

from k8sconsole.demo.resources import RESOURCES
from k8sconsole.demo.status import ApiStatus
from k8sconsole.demo.storage import ObjectStore

PODS = RESOURCES["/pods"]
DEPLOYMENTS = RESOURCES["apps/deployments"]
CONFIGMAPS = RESOURCES["/configmaps"]


def pod(name: str, **meta: object) -> dict:
    return {"metadata": {"name": name, "namespace": "shop", **meta}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}


def test_a_created_object_has_uid_time_generation_and_a_growing_revision() -> None:
    store = ObjectStore()
    first, second = store.create(PODS, pod("a")), store.create(PODS, pod("b"))
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert first["metadata"]["generation"] == 1
    assert int(first["metadata"]["resourceVersion"]) < int(second["metadata"]["resourceVersion"]) == store.resource_version
    assert store.get_raw(PODS, "shop", "a").startswith(b'{"kind":"Pod","apiVersion":"v1",')


def test_a_write_with_an_old_revision_is_a_conflict() -> None:
    store = ObjectStore()
    old = store.create(PODS, pod("a"))
    store.mutate(PODS, "shop", "a", lambda obj: obj["metadata"].update(labels={"x": "y"}))
    with pytest.raises(ApiStatus) as refused:
        store.update(PODS, old)
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")


def test_a_write_that_changes_nothing_keeps_the_revision() -> None:
    store = ObjectStore()
    made = store.create(PODS, pod("a"))
    assert store.update(PODS, store.get(PODS, "shop", "a"))["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_an_update_keeps_the_status_and_a_status_update_changes_only_the_status() -> None:
    store = ObjectStore()
    deployment = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 1}}
    store.create(DEPLOYMENTS, deployment)
    changed = {**deployment, "spec": {"replicas": 3}, "status": {"replicas": 9}}
    assert "status" not in store.update(DEPLOYMENTS, changed)
    after = store.update(DEPLOYMENTS, {**deployment, "spec": {"replicas": 7}, "status": {"replicas": 3}}, subresource="status")
    assert (after["spec"], after["status"], after["metadata"]["generation"]) == ({"replicas": 3}, {"replicas": 3}, 2)


def test_a_finalizer_delays_deletion_until_it_is_removed() -> None:
    store = ObjectStore()
    store.create(CONFIGMAPS, {"metadata": {"name": "held", "namespace": "shop", "finalizers": ["example.com/hold"]}})
    assert "deletionTimestamp" in store.delete(CONFIGMAPS, "shop", "held")["metadata"]
    store.mutate(CONFIGMAPS, "shop", "held", lambda obj: obj["metadata"].pop("finalizers"))
    assert not store.has(CONFIGMAPS, "shop", "held")


def test_only_a_started_pod_gets_a_grace_period() -> None:
    store = ObjectStore()
    store.create(PODS, pod("waiting"))
    store.delete(PODS, "shop", "waiting")
    running = pod("running")
    running["spec"] |= {"nodeName": "n1", "terminationGracePeriodSeconds": 7}
    store.create(PODS, running)
    assert store.delete(PODS, "shop", "running")["metadata"]["deletionGracePeriodSeconds"] == 7
    assert store.list_keys(PODS) == [("shop", "running")]


def test_dependents_are_found_by_their_owners_uid() -> None:
    store = ObjectStore()
    store.create(PODS, pod("a", ownerReferences=[{"uid": "u-1", "kind": "ReplicaSet", "name": "rs", "apiVersion": "apps/v1"}]))
    assert [(found[0].kind, *found[1:]) for found in store.find_owned("u-1")] == [("Pod", "shop", "a")]
    store.remove(PODS, "shop", "a")
    assert store.find_owned("u-1") == []


async def test_a_subscriber_sees_every_change_in_order_with_the_state_before_it() -> None:
    store = ObjectStore()
    changes = store.subscribe(PODS)
    made = store.create(PODS, pod("a"))
    store.create(CONFIGMAPS, {"metadata": {"name": "other", "namespace": "shop"}})
    store.mutate(PODS, "shop", "a", lambda obj: obj["metadata"].update(labels={"x": "y"}))
    store.remove(PODS, "shop", "a")
    seen = changes.take_pending()
    assert [event.type for event in seen] == ["ADDED", "MODIFIED", "DELETED"]
    assert made["metadata"]["uid"].encode() in (seen[1].previous_raw or b"")
    assert seen[0].resource_version < seen[1].resource_version < seen[2].resource_version


def test_old_revisions_can_be_rebuilt_until_compaction() -> None:
    store = ObjectStore()
    store.create(PODS, pod("a"))
    then = store.resource_version
    store.create(PODS, pod("b"))
    store.remove(PODS, "shop", "a")
    past = store.history.previous_versions(then, "/pods")
    assert past["shop", "b"] is None
    assert past["shop", "a"] is not None
    store.history.compact(store.resource_version)
    with pytest.raises(ApiStatus) as refused:
        store.history.previous_versions(then, "/pods")
    assert refused.value.code == 410


def test_a_dry_run_changes_nothing_in_the_store() -> None:
    store = ObjectStore()
    store.create(PODS, pod("a"))
    before = (store.resource_version, store.get_raw(PODS, "shop", "a"))
    store.create(PODS, pod("b"), dry_run=True)
    store.delete(PODS, "shop", "a", dry_run=True)
    store.update(PODS, pod("a", labels={"x": "y"}), dry_run=True)
    assert (store.resource_version, store.get_raw(PODS, "shop", "a")) == before

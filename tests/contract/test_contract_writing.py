"""Changing: create, replace, the four patches, delete, and the trial of each."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from k8sconsole.cluster.port import Cluster, PatchType
from k8sconsole.errors import AlreadyExists, Conflict, ConsoleError, Invalid, NotFound
from k8sconsole.model.refs import ApiResource
from tests.contract.kinds import CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICA_SETS, body, deployment
from tests.waiting import wait_until

Make = Callable[..., Awaitable[dict[str, Any]]]


async def read(cluster: Cluster, kind: ApiResource, namespace: str, name: str, subresource: str | None = None) -> dict[str, Any]:
    return dict(json.loads(await cluster.get(kind, namespace, name, subresource)))


def patch(value: Any) -> bytes:
    return json.dumps(value).encode()


async def gone(cluster: Cluster, kind: ApiResource, namespace: str, name: str) -> bool:
    try:
        await cluster.get(kind, namespace, name)
    except NotFound:
        return True
    return False


async def test_an_existing_object_cannot_be_created_again(config_map: Make) -> None:
    await config_map("one")
    with pytest.raises(AlreadyExists, match='configmaps "one" already exists'):
        await config_map("one")


async def test_a_change_with_an_old_resource_version_conflicts(cluster: Cluster, namespace: str, config_map: Make) -> None:
    old = await config_map("one", {"a": "1"})
    await cluster.replace(CONFIG_MAPS, namespace, "one", body(CONFIG_MAPS, "one", data={"a": "2"}))
    with pytest.raises(Conflict, match="the object has been modified"):
        await cluster.replace(CONFIG_MAPS, namespace, "one", patch({**old, "data": {"a": "3"}}))
    with pytest.raises(Conflict):
        await cluster.patch(
            CONFIG_MAPS,
            namespace,
            "one",
            patch({"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"a": "4"}}),
            PatchType.MERGE,
        )
    assert (await read(cluster, CONFIG_MAPS, namespace, "one"))["data"] == {"a": "2"}


async def test_an_invalid_name_is_refused_with_its_cause(config_map: Make) -> None:
    with pytest.raises(Invalid) as error:
        await config_map("Not A Name")
    assert error.value.http_status == 422
    assert error.value.details["causes"][0]["field"] == "metadata.name"


async def test_a_dry_run_changes_nothing_and_returns_the_result(cluster: Cluster, namespace: str, config_map: Make) -> None:
    shown = json.loads(await cluster.create(CONFIG_MAPS, namespace, body(CONFIG_MAPS, "trial"), dry_run=True))
    assert shown["metadata"]["uid"]
    assert await gone(cluster, CONFIG_MAPS, namespace, "trial")
    await config_map("one", {"a": "1"})
    shown = json.loads(await cluster.patch(CONFIG_MAPS, namespace, "one", patch({"data": {"a": "2"}}), PatchType.MERGE, dry_run=True))
    assert shown["data"] == {"a": "2"}
    await cluster.delete(CONFIG_MAPS, namespace, "one", dry_run=True)
    assert (await read(cluster, CONFIG_MAPS, namespace, "one"))["data"] == {"a": "1"}


async def test_a_merge_patch_sets_and_removes_keys(cluster: Cluster, namespace: str, config_map: Make) -> None:
    await config_map("one", {"a": "1", "b": "1"})
    answer = await cluster.patch(CONFIG_MAPS, namespace, "one", patch({"data": {"a": None, "c": "2"}}), PatchType.MERGE)
    assert json.loads(answer)["data"] == {"b": "1", "c": "2"}


async def test_a_json_patch_tests_and_replaces_or_changes_nothing(cluster: Cluster, namespace: str, config_map: Make) -> None:
    await config_map("one", {"a": "1"})
    steps = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "2"}]
    assert json.loads(await cluster.patch(CONFIG_MAPS, namespace, "one", patch(steps), PatchType.JSON))["data"] == {"a": "2"}
    with pytest.raises(Invalid):
        await cluster.patch(CONFIG_MAPS, namespace, "one", patch(steps), PatchType.JSON)


async def test_a_strategic_patch_merges_containers_by_name(cluster: Cluster, namespace: str) -> None:
    await cluster.create(DEPLOYMENTS, namespace, deployment("web", 0))
    change = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}, {"name": "web", "image": "web:2"}]}}}}
    after = json.loads(await cluster.patch(DEPLOYMENTS, namespace, "web", patch(change), PatchType.STRATEGIC))
    images = {container["name"]: container["image"] for container in after["spec"]["template"]["spec"]["containers"]}
    assert images == {"web": "web:2", "side": "side:1"}


async def test_server_side_apply_owns_its_fields_and_conflicts_unless_forced(cluster: Cluster, namespace: str) -> None:
    async def apply(manager: str, value: str, force: bool = False) -> dict[str, Any]:
        wanted = body(CONFIG_MAPS, "applied", data={"a": value})
        return dict(json.loads(await cluster.patch(
            CONFIG_MAPS, namespace, "applied", wanted, PatchType.APPLY, field_manager=manager, force=force
        )))  # fmt: skip

    assert (await apply("ann", "1"))["data"] == {"a": "1"}
    with pytest.raises(Conflict) as error:
        await apply("bob", "2")
    assert error.value.details["causes"][0]["field"] == ".data.a"
    assert (await apply("bob", "2", force=True))["data"] == {"a": "2"}
    managers = {entry["manager"] for entry in (await read(cluster, CONFIG_MAPS, namespace, "applied"))["metadata"]["managedFields"]}
    assert "bob" in managers


async def test_scale_is_read_and_changed_through_its_subresource(cluster: Cluster, namespace: str) -> None:
    await cluster.create(DEPLOYMENTS, namespace, deployment("web", 0))
    await cluster.patch(DEPLOYMENTS, namespace, "web", patch({"spec": {"replicas": 2}}), PatchType.MERGE, subresource="scale")
    scale = await read(cluster, DEPLOYMENTS, namespace, "web", "scale")
    assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 2)
    assert (await read(cluster, DEPLOYMENTS, namespace, "web"))["spec"]["replicas"] == 2


async def test_a_status_changes_only_through_its_subresource(cluster: Cluster, namespace: str) -> None:
    pod = body(PODS, "still", spec={"containers": [{"name": "web", "image": "web:1"}], "nodeSelector": {"no": "such-node"}})
    await cluster.create(PODS, namespace, pod)
    change = patch({"status": {"message": "hello"}})
    assert "message" not in json.loads(await cluster.patch(PODS, namespace, "still", change, PatchType.MERGE))["status"]
    after = json.loads(await cluster.patch(PODS, namespace, "still", change, PatchType.MERGE, subresource="status"))
    assert after["status"]["message"] == "hello"


async def test_a_deletion_for_another_object_of_the_same_name_is_refused(cluster: Cluster, namespace: str, config_map: Make) -> None:
    made = await config_map("one")
    with pytest.raises(Conflict):
        await cluster.delete(CONFIG_MAPS, namespace, "one", uid="00000000-0000-0000-0000-000000000000")
    await cluster.delete(CONFIG_MAPS, namespace, "one", uid=made["metadata"]["uid"])
    assert await gone(cluster, CONFIG_MAPS, namespace, "one")


async def test_a_finalizer_keeps_an_object_until_it_is_removed(cluster: Cluster, namespace: str, config_map: Make) -> None:
    await config_map("held", finalizers=["example.com/hold"])
    await cluster.delete(CONFIG_MAPS, namespace, "held")
    assert (await read(cluster, CONFIG_MAPS, namespace, "held"))["metadata"]["deletionTimestamp"]
    await cluster.patch(CONFIG_MAPS, namespace, "held", patch({"metadata": {"finalizers": None}}), PatchType.MERGE)
    assert await gone(cluster, CONFIG_MAPS, namespace, "held")


async def replicas_of(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(item)) async for page in cluster.pages(REPLICA_SETS, namespace=namespace) for item in page.items]


async def test_background_deletion_of_a_deployment_also_deletes_its_replica_set(cluster: Cluster, namespace: str) -> None:
    await cluster.create(DEPLOYMENTS, namespace, deployment("web"))
    await wait_until(lambda: replicas_of(cluster, namespace), ignoring=(ConsoleError,))
    await cluster.delete(DEPLOYMENTS, namespace, "web", propagation="Background")

    async def is_deleted() -> bool:
        return not await replicas_of(cluster, namespace)

    await wait_until(is_deleted, ignoring=(ConsoleError,))


async def test_orphan_deletion_of_a_deployment_leaves_its_replica_set(cluster: Cluster, namespace: str) -> None:
    await cluster.create(DEPLOYMENTS, namespace, deployment("web"))
    await wait_until(lambda: replicas_of(cluster, namespace), ignoring=(ConsoleError,))
    await cluster.delete(DEPLOYMENTS, namespace, "web", propagation="Orphan")
    await wait_until(lambda: gone(cluster, DEPLOYMENTS, namespace, "web"), ignoring=(ConsoleError,))
    left = await replicas_of(cluster, namespace)
    assert len(left) == 1
    assert not left[0]["metadata"].get("ownerReferences")


async def test_quantities_are_stored_in_their_canonical_form(cluster: Cluster, namespace: str) -> None:
    resources = {"requests": {"cpu": 0.5, "memory": "1024Mi"}, "limits": {"cpu": "1e3", "memory": "1.5Gi"}}
    spec = {"containers": [{"name": "web", "image": "web:1", "resources": resources}]}
    made = json.loads(await cluster.create(PODS, namespace, body(PODS, "sized", spec=spec), dry_run=True))
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"cpu": "1e3", "memory": "1536Mi"},
    }


@pytest.mark.parametrize("key", ["-bad", "Bad_Prefix/x", "/x", "a/", "a/b/c", "x" * 64])
async def test_a_label_key_is_refused_in_the_same_words(cluster: Cluster, namespace: str, key: str) -> None:
    pattern = "\\(\\[A-Za-z0-9\\]\\[-A-Za-z0-9_.\\]\\*\\)\\?\\[A-Za-z0-9\\]"
    whys = {
        "-bad": f"name part must consist of .* regex used for validation is '{pattern}'",
        "Bad_Prefix/x": "prefix part a lowercase RFC 1123 subdomain must consist of",
        "/x": "prefix part must be non-empty",
        "a/": "name part must be non-empty",
        "a/b/c": f"a valid label key must consist of .* regex used for validation is '{pattern}'\\) with an optional DNS subdomain prefix",
        "x" * 64: "name part must be no more than 63 bytes",
    }
    with pytest.raises(Invalid, match=whys[key]) as error:
        await cluster.create(CONFIG_MAPS, namespace, patch({"metadata": {"name": "labelled", "labels": {key: "x"}}}), dry_run=True)
    assert error.value.details["causes"][0]["field"] == "metadata.labels"


async def test_a_gated_pod_says_so_and_loses_its_gates_only(cluster: Cluster, namespace: str) -> None:
    spec = {"containers": [{"name": "web", "image": "web:1"}], "schedulingGates": [{"name": "example.com/a"}]}
    made = json.loads(await cluster.create(PODS, namespace, body(PODS, "gated", spec=spec)))
    assert [(each["type"], each["status"], each["reason"], each["message"]) for each in made["status"]["conditions"]] == [
        ("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
    ]
    more = patch({"spec": {"schedulingGates": [{"name": "example.com/b"}]}})
    with pytest.raises(Invalid, match=r"only deletion is allowed, but found new scheduling gate 'example.com/b'"):
        await cluster.patch(PODS, namespace, "gated", more, PatchType.MERGE)
    with pytest.raises(Invalid, match="cannot be set until all schedulingGates have been cleared"):
        await cluster.create(PODS, namespace, body(PODS, "placed", spec={**spec, "nodeName": "node-0"}))
    await cluster.patch(PODS, namespace, "gated", patch({"spec": {"schedulingGates": None}}), PatchType.MERGE)
    assert not (await read(cluster, PODS, namespace, "gated"))["spec"].get("schedulingGates")

from __future__ import annotations

import asyncio
import json

import pytest

from tests.unit.demo.demo_api import TABLE, Api, deployment

PODS = "/api/v1/namespaces/shop/pods"


async def test_all_pages_of_a_list_show_the_same_revision() -> None:
    api = Api()
    await api.pods("a", "b", "c")
    first = await api.ask("GET", f"{PODS}?limit=1")
    await api.ask("DELETE", f"{PODS}/b")
    await api.pods("d")
    rest = await api.ask("GET", f"{PODS}?limit=9&continue={first['metadata']['continue']}")
    assert first["metadata"]["remainingItemCount"] == 2
    assert [item["metadata"]["name"] for item in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


@pytest.mark.parametrize("expiry", ["compact", "expire"])
async def test_an_expired_continue_token_is_a_410_with_a_new_token(expiry: str) -> None:
    api = Api()
    await api.pods("a", "b")
    first = await api.ask("GET", f"{PODS}?limit=1")
    await api.pods("c")
    if expiry == "compact":
        api.store.history.compact(api.store.resource_version)
    else:
        api.store.history.expire_tokens()
    refused = await api.refusal("GET", f"{PODS}?limit=1&continue={first['metadata']['continue']}")
    assert (refused.code, refused.reason) == (410, "Expired")
    rest = await api.ask("GET", f"{PODS}?continue={refused.body['metadata']['continue']}")
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b", "c"]


async def test_an_exact_resource_version_lists_old_objects() -> None:
    api = Api()
    await api.pods("a")
    then = api.store.resource_version
    await api.pods("b")
    past = await api.ask("GET", f"{PODS}?resourceVersion={then}&resourceVersionMatch=Exact")
    assert [item["metadata"]["name"] for item in past["items"]] == ["a"]


async def test_list_items_omit_kind_and_version_as_on_the_real_server() -> None:
    api = Api()
    await api.pods("a")
    listed = await api.ask("GET", PODS)
    assert (listed["kind"], "kind" in listed["items"][0]) == ("PodList", False)


@pytest.mark.parametrize(
    ("selector", "names"),
    [("app=web", ["a"]), ("app!=web", ["b", "c"]), ("app in (web,api)", ["a", "b"]), ("!app", ["c"]), ("app,app notin (web)", ["b"])],
)
async def test_label_selectors_select_the_matching_objects(selector: str, names: list[str]) -> None:
    api = Api()
    await api.pods("a", app="web")
    await api.pods("b", app="api")
    await api.pods("c")
    listed = await api.ask("GET", f"{PODS}?labelSelector={selector}")
    assert [item["metadata"]["name"] for item in listed["items"]] == names


async def test_an_unsupported_field_selector_is_a_bad_request() -> None:
    refused = await Api().refusal("GET", f"{PODS}?fieldSelector=spec.nonsense=1")
    assert (refused.code, refused.message) == (400, "field label not supported: spec.nonsense")


async def test_a_table_has_the_servers_columns() -> None:
    api = Api()
    await api.pods("a")
    table = await api.ask("GET", PODS, accept=TABLE)
    usual = [column["name"] for column in table["columnDefinitions"] if column["priority"] == 0]
    assert usual == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert table["rows"][0]["cells"][:4] == ["a", "0/1", "Pending", "0"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


async def read(chunks: object, count: int) -> list[dict]:
    lines: list[dict] = []
    async with asyncio.timeout(10):
        async for chunk in chunks:
            lines += [json.loads(line) for line in chunk.splitlines()]
            if len(lines) >= count:
                break
    return lines


async def test_a_watch_resumes_from_a_revision_without_gaps() -> None:
    api = Api()
    await api.pods("a")
    then = api.store.resource_version
    await api.pods("b")
    stream = await api.ask("GET", f"{PODS}?watch=1&resourceVersion={then}")
    reading = asyncio.create_task(read(stream.chunks, 2))
    await asyncio.sleep(0)
    await api.ask("DELETE", f"{PODS}/a")
    seen = await reading
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in seen] == [("ADDED", "b"), ("DELETED", "a")]


async def test_a_watch_from_a_compacted_version_gets_one_error_event() -> None:
    api = Api()
    await api.pods("a")
    api.store.history.compact(api.store.resource_version)
    stream = await api.ask("GET", f"{PODS}?watch=1&resourceVersion=1")
    events = await read(stream.chunks, 1)
    assert (events[0]["type"], events[0]["object"]["code"]) == ("ERROR", 410)


async def test_a_streaming_list_ends_with_the_initial_events_bookmark() -> None:
    api = Api()
    await api.pods("a")
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    stream = await api.ask("GET", f"{PODS}?{query}")
    added, mark = await read(stream.chunks, 2)
    assert (added["type"], mark["type"]) == ("ADDED", "BOOKMARK")
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_an_object_that_stops_matching_a_selector_is_deleted_for_its_watcher() -> None:
    api = Api()
    await api.pods("a", app="web")
    stream = await api.ask("GET", f"{PODS}?watch=1&labelSelector=app=web&resourceVersion={api.store.resource_version}")
    reading = asyncio.create_task(read(stream.chunks, 1))
    await asyncio.sleep(0)
    await api.ask("PATCH", f"{PODS}/a", {"metadata": {"labels": {"app": "api"}}}, content="application/merge-patch+json")
    assert (await reading)[0]["type"] == "DELETED"


async def test_events_are_served_in_the_fields_of_both_groups() -> None:
    api = Api()
    about = {"kind": "Pod", "name": "a", "namespace": "shop"}
    event = {"metadata": {"name": "e"}, "involvedObject": about, "reason": "Started", "message": "it began", "type": "Normal"}
    await api.ask("POST", "/api/v1/namespaces/shop/events", event)
    event = await api.ask("GET", "/apis/events.k8s.io/v1/namespaces/shop/events/e")
    assert (event["note"], event["regarding"], event["apiVersion"]) == ("it began", about, "events.k8s.io/v1")


async def test_both_forms_of_discovery_name_every_kind() -> None:
    api = Api()
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    aggregated = await api.ask("GET", "/apis", accept=accept)
    legacy = await api.ask("GET", "/apis/apps/v1")
    apps = next(item for item in aggregated["items"] if item["metadata"]["name"] == "apps")
    kinds = {entry["responseKind"]["kind"] for entry in apps["versions"][0]["resources"]}
    assert kinds == {
        entry["kind"] for entry in legacy["resources"] if entry["name"] != "deployments/scale" and "/scale" not in entry["name"]
    }
    assert "Deployment" in kinds


async def test_schemas_come_from_the_client_library_and_name_the_merge_keys() -> None:
    document = await Api().ask("GET", "/openapi/v3/apis/apps/v1")
    schemas = document["components"]["schemas"]
    kind = next(
        schema
        for schema in schemas.values()
        if {"group": "apps", "version": "v1", "kind": "Deployment"} in schema.get("x-kubernetes-group-version-kind", [])
    )
    assert kind["description"].startswith("Deployment enables declarative updates")
    assert schemas["io.k8s.v1.PodSpec"]["properties"]["containers"]["x-kubernetes-patch-merge-key"] == "name"


async def test_a_missing_object_is_reported_with_the_servers_message() -> None:
    api = Api()
    refused = await api.refusal("GET", "/apis/apps/v1/namespaces/shop/deployments/web")
    assert refused.body["message"] == 'deployments.apps "web" not found'
    assert refused.body["details"] == {"name": "web", "group": "apps", "kind": "deployments"}
    await api.ask("POST", "/apis/apps/v1/namespaces/shop/deployments", deployment())
    assert (await api.refusal("GET", "/apis/nothing/v1/things")).code == 404

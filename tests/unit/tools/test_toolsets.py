"""The replies of the tools from the cache, from the cluster, and without one of the two."""

from typing import Any

import msgspec
import yaml

from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import Conflict, NotFound, Unavailable
from k8sconsole.kit.text import has_control, strip_control
from k8sconsole.model.freshness import Source
from k8sconsole.model.tools import Answer, Face
from k8sconsole.tools.output.token_budget import json_tokens, text_tokens
from tests.tool_harness import ToolHarness, reading_arguments


def _yes(question: Any) -> Answer:
    return Answer(True, question.confirm_word, "test")


async def _names(harness: ToolHarness, kind: str, namespace: str) -> set[str]:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    resource = await harness.environment.find_resource(cluster.name, kind)
    found: set[str] = set()
    async for page in cluster.pages(resource, namespace=namespace):
        found |= {msgspec.json.decode(item)["metadata"]["name"] for item in page.items}
    return found


async def _running_pod(harness: ToolHarness) -> str:
    listed = await harness.call("k8s_list_pods", namespace="shop", filter="status=Running", limit=1)
    return str(listed.data["items"][0]["name"])


async def test_every_reading_tool_answers_with_its_freshness(harness: ToolHarness) -> None:
    pod = await _running_pod(harness)
    deployment = (await harness.call("k8s_list_resources", kind="deploy", namespace="shop", limit=1)).data["items"][0]["name"]
    arguments = reading_arguments(pod, deployment)
    for tool in harness.pipeline.registry.list_tools(Face.MCP, harness.policy):
        outcome = await harness.call(tool.name, **arguments.get(tool.name, {}))
        assert outcome.error is None, tool.name
        assert outcome.freshness is not None
        assert outcome.text
        structured = outcome.structured(harness.environment.clock.now())
        assert set(structured) == {"data", "freshness", "page", "warnings"}


async def test_the_cache_and_the_cluster_list_the_same_services(harness: ToolHarness) -> None:
    cached = await harness.call("k8s_list_services", namespace="shop")
    live = await harness.call("k8s_list_services", namespace="shop", live=True)
    assert cached.freshness is not None
    assert live.freshness is not None
    assert (cached.freshness.source, live.freshness.source) == (Source.CACHE, Source.LIVE)
    assert (
        {item["name"] for item in cached.data["items"]}
        == {item["name"] for item in live.data["items"]}
        == await _names(harness, "services", "shop")
    )


async def test_a_long_list_begins_with_counts_and_unhealthy_rows_and_has_a_cursor(harness: ToolHarness) -> None:
    first = await harness.call("k8s_list_pods")
    assert first.data["summary"] is True
    assert sum(first.data["counts"].values()) == first.page.total
    assert all(item["status"] not in ("Running", "Completed") or item["ready"] for item in first.data["items"])
    seen: set[tuple[str, str]] = set()
    cursor = first.page.next
    for _ in range(100):
        if not cursor:
            break
        page = await harness.call("k8s_list_pods", cursor=cursor, max_tokens=1500)
        assert page.error is None
        found = {(item["namespace"], item["name"]) for item in page.data["items"]}
        assert not found & seen
        seen |= found
        cursor = page.page.next
    assert len(seen) == first.page.total


async def test_paging_works_over_live_rows_too(harness: ToolHarness) -> None:
    for _ in range(5):  # a pod may come or go between the two calls, though not time and again
        first = await harness.call("k8s_list_pods", live=True, limit=50)
        second = await harness.call("k8s_list_pods", live=True, limit=5000, cursor=first.page.next, max_tokens=100_000)
        if second.page.total == first.page.total:
            break
    assert len(first.data["items"]) + len(second.data["items"]) == first.page.total
    wrong = await harness.call("k8s_list_pods", live=True, cursor="nonsense")
    assert wrong.error is not None
    assert wrong.error.details["parameter"] == "cursor"


async def test_no_answer_is_larger_than_its_budget(harness: ToolHarness) -> None:
    pod = await _running_pod(harness)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("k8s_list_pods", {"limit": 5000}),
        ("k8s_list_events", {"limit": 5000}),
        ("k8s_get_resource", {"kind": "pods", "name": pod, "namespace": "shop"}),
        ("cache_query", {"sql": "SELECT * FROM pods"}),
    ]
    for tool, arguments in calls:
        outcome = await harness.call(tool, **arguments, max_tokens=600)
        assert outcome.error is None, tool
        assert json_tokens(outcome.data) <= 660, tool
        assert text_tokens(outcome.text) <= 660, tool
        assert outcome.page.next or outcome.warnings, f"{tool} says how to get the rest"


async def test_fields_may_be_columns_and_paths(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_list_pods", namespace="shop", fields=["status", "spec.nodeName"], limit=2)
    assert set(outcome.data["items"][0]) == {"namespace", "name", "status", "spec.nodeName"}


async def test_a_filter_means_the_same_in_the_cache_and_live(harness: ToolHarness) -> None:
    lasting = "namespace=shop and status=Running and ~^(cart-store|orders-db|search)-"  # pods of jobs come and go meanwhile
    cached = await harness.call("k8s_list_pods", filter=lasting, limit=500)
    live = await harness.call("k8s_list_pods", filter=lasting, limit=500, live=True)
    assert {item["name"] for item in cached.data["items"]} == {item["name"] for item in live.data["items"]} != set()


async def test_everything_works_without_a_cache(bare: ToolHarness) -> None:
    listed = await bare.call("k8s_list_pods", namespace="shop", limit=3)
    assert listed.freshness is not None
    assert listed.freshness.source is Source.LIVE
    info = await bare.call("k8s_get_cluster_info")
    assert info.data["counts"]["pods"] > 0
    assert (await bare.call("cache_status")).error is not None
    assert isinstance((await bare.call("k8s_list_pods", namespace="nowhere")).error, NotFound)


async def test_for_an_unreachable_cluster_the_cache_answers_with_a_warning(demo: DemoCluster, harness: ToolHarness) -> None:
    await demo.refuse()
    listed = await harness.call("k8s_list_pods", namespace="shop", live=True)
    assert listed.error is None
    assert listed.freshness is not None
    assert listed.freshness.source is Source.CACHE
    assert listed.freshness.observed_at is not None
    assert "does not answer" in listed.warnings[0]
    never_read = await harness.call("k8s_list_resources", kind="ingresses")
    assert isinstance(never_read.error, Unavailable)
    await demo.resume()


async def test_of_a_secret_only_keys_and_sizes_are_returned(harness: ToolHarness) -> None:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    secrets = await harness.environment.find_resource(cluster.name, "secrets")
    planted = "s3cr3t-Planted-0042"
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "planted"}, "stringData": {"key": planted}}
    await cluster.create(secrets, "shop", msgspec.json.encode(body))
    for live in (True, False):
        outcome = await harness.call("k8s_get_resource", kind="secret", name="planted", namespace="shop", live=live)
        assert planted not in repr(outcome)
        assert "czNjcjN0LVBsYW50ZWQ" not in repr(outcome)
        assert outcome.data["object"]["data"] == {"key": "[masked: 17-32 chars]"}


async def test_the_text_of_an_object_is_exact_yaml_and_safe_on_a_terminal(harness: ToolHarness) -> None:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    data = {"run.sh": "#!/bin/sh\n\techo 🚀\n", "next": "a\x85b", "evil": "a\u202eb\x9b31m", "hash": "12e45"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "data": data}
    await cluster.create(await harness.environment.find_resource(cluster.name, "configmaps"), "shop", msgspec.json.encode(body))
    outcome = await harness.call("k8s_get_resource", kind="configmap", name="odd", namespace="shop", live=True)
    assert yaml.safe_load(outcome.text)["data"] == data
    assert "  run.sh: |\n    #!/bin/sh\n    \techo 🚀\n" in outcome.text
    assert not has_control(outcome.text)


async def test_a_deployment_is_created_and_deleted_and_its_undo_is_a_call(harness: ToolHarness) -> None:
    harness.answer = _yes
    created = await harness.call("k8s_create_deployment", name="greeter", image="nginx:1.27", namespace="shop", replicas=2)
    assert created.error is None
    assert "greeter" in await _names(harness, "deployments", "shop")
    assert harness.questions[0].dry_run
    undo = created.data["undo"]
    undone = await harness.call(undo["tool"], **undo["arguments"])
    assert undone.error is None
    assert undone.data["undo"] is None
    assert undone.data["why"]
    assert "greeter" not in await _names(harness, "deployments", "shop")


async def test_a_refused_creation_leaves_nothing_behind(harness: ToolHarness) -> None:
    refused = await harness.call("k8s_create_deployment", name="greeter", image="nginx", namespace="shop")
    assert refused.error is not None
    assert any("no fixed version" in each for each in harness.questions[0].consequences)
    assert "greeter" not in await _names(harness, "deployments", "shop")


async def test_only_the_object_that_was_shown_is_deleted(harness: ToolHarness) -> None:
    """While the question is open, the object is replaced by another of the same name."""
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    maps = await harness.environment.find_resource(cluster.name, "configmaps")
    body = msgspec.json.encode({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "swapped"}})
    await cluster.create(maps, "shop", body)

    async def swap(question: Any) -> Answer:
        await cluster.delete(maps, "shop", "swapped")
        await cluster.create(maps, "shop", body)
        return Answer(True, by="test")

    harness.ask = swap
    outcome = await harness.call("k8s_delete_resource", kind="cm", name="swapped", namespace="shop")
    assert isinstance(outcome.error, Conflict)
    assert "swapped" in await _names(harness, "configmaps", "shop")


async def test_a_query_can_only_read(harness: ToolHarness) -> None:
    for sql in ("DROP TABLE objects", "DELETE FROM audit", "UPDATE objects SET name=''"):
        error = (await harness.call("cache_query", sql=sql)).error
        assert error is not None
        assert error.code == -32003


async def test_control_characters_in_cluster_text_do_not_reach_the_terminal(harness: ToolHarness) -> None:
    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
    maps = await harness.environment.find_resource(cluster.name, "configmaps")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ansi"}, "data": {"x": "\x1b[2J\x1b]0;title\x07"}}
    await cluster.create(maps, "shop", msgspec.json.encode(body))
    outcome = await harness.call("k8s_get_resource", kind="cm", name="ansi", namespace="shop", live=True)
    assert strip_control(outcome.text) == outcome.text

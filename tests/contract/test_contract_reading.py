"""Contract of reading: discovery, lists, watches, logs and permission checks."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from k8sconsole.cluster.port import Cluster, EventType, LogOptions, Selectors, WatchEvent
from k8sconsole.errors import ConsoleError, Forbidden, Gone, Invalid, NotFound
from tests.contract.kinds import CONFIG_MAPS, PODS, body
from tests.waiting import wait_until

Make = Callable[..., Awaitable[dict[str, Any]]]


def meta(raw: Any) -> dict[str, Any]:
    return dict(json.loads(bytes(raw))["metadata"])


async def listed(cluster: Cluster, namespace: str, **options: Any) -> list[str]:
    return [meta(item)["name"] async for page in cluster.pages(CONFIG_MAPS, namespace=namespace, **options) for item in page.items]


async def current(cluster: Cluster, namespace: str) -> str:
    return [page.resource_version async for page in cluster.pages(CONFIG_MAPS, namespace=namespace)][-1]


async def test_discovery_names_the_usual_kinds_as_kubectl_does(cluster: Cluster) -> None:
    found = await cluster.discover()
    kinds = {kind.name: kind for kind in found.resources}
    assert (kinds["pods"].version, kinds["pods"].short_names, kinds["pods"].namespaced) == ("v1", ("po",), True)
    assert {"log", "status", "eviction"} <= set(kinds["pods"].subresources)
    assert (kinds["deployments.apps"].kind, kinds["deployments.apps"].singular) == ("Deployment", "deployment")
    assert "all" in kinds["deployments.apps"].categories
    assert not kinds["nodes"].namespaced
    assert "list" not in kinds["selfsubjectaccessreviews.authorization.k8s.io"].verbs
    assert {"list", "watch", "create", "patch", "delete"} <= set(kinds["configmaps"].verbs)


async def test_the_version_is_reported(cluster: Cluster) -> None:
    assert (await cluster.version()).git_version.startswith("v1.")


async def test_a_paged_list_has_every_object_once_at_one_version(cluster: Cluster, namespace: str, config_map: Make) -> None:
    for number in range(10):
        await config_map(f"made-{number}")
    pages = [
        page
        async for page in cluster.pages(
            CONFIG_MAPS, namespace=namespace, limit=3, selectors=Selectors(field="metadata.name!=kube-root-ca.crt")
        )
    ]
    names = [meta(item)["name"] for page in pages for item in page.items]
    assert names == [f"made-{number}" for number in range(10)]
    assert len(pages) >= 4
    assert len({page.resource_version for page in pages}) == 1
    assert pages[-1].continue_token == ""


async def test_a_paged_list_does_not_contain_changes_made_meanwhile(cluster: Cluster, namespace: str, config_map: Make) -> None:
    for number in range(4):
        await config_map(f"made-{number}")
    pages = cluster.pages(CONFIG_MAPS, namespace=namespace, limit=2)
    names = [meta(item)["name"] for item in (await anext(pages)).items]
    await cluster.delete(CONFIG_MAPS, namespace, "made-3")
    await config_map("zoe")
    names += [meta(item)["name"] async for page in pages for item in page.items]
    assert "made-3" in names
    assert "zoe" not in names


async def test_label_and_field_selectors_filter_a_list(cluster: Cluster, namespace: str, config_map: Make) -> None:
    for name, tier in (("one", "front"), ("two", "back"), ("three", "back")):
        await config_map(name, labels={"tier": tier, "made": "here"})

    async def chosen(label: str, field: str = "") -> list[str]:
        return sorted(await listed(cluster, namespace, selectors=Selectors(label, field)))

    assert await chosen("tier=back") == ["three", "two"]
    assert await chosen("tier in (front,side),made") == ["one"]
    assert await chosen("made,tier!=back") == ["one"]
    assert await chosen("made", "metadata.name=two") == ["two"]
    with pytest.raises(Invalid):
        await chosen("", "spec.nonsense=1")


async def test_a_watch_delivers_all_changes_since_a_version(cluster: Cluster, namespace: str, config_map: Make) -> None:
    since = await current(cluster, namespace)
    await config_map("seen", {"a": "1"})
    await cluster.replace(CONFIG_MAPS, namespace, "seen", body(CONFIG_MAPS, "seen", data={"a": "2"}))
    await cluster.delete(CONFIG_MAPS, namespace, "seen")
    only = Selectors(field="metadata.name=seen")
    watch = cluster.watch(CONFIG_MAPS, namespace=namespace, selectors=only, resource_version=since, timeout=20)
    events = await first(watch, 3)
    assert [event.type for event in events] == [EventType.ADDED, EventType.MODIFIED, EventType.DELETED]
    assert [json.loads(bytes(event.object))["data"]["a"] for event in events] == ["1", "2", "2"]
    versions = [int(meta(event.object)["resourceVersion"]) for event in events]
    assert versions == sorted(versions)
    resumed = cluster.watch(CONFIG_MAPS, namespace=namespace, selectors=only, resource_version=str(versions[0]), timeout=20)
    assert [event.type for event in await first(resumed, 2)] == [EventType.MODIFIED, EventType.DELETED]


async def test_a_watch_reports_an_object_that_leaves_its_selector_as_deleted(cluster: Cluster, namespace: str, config_map: Make) -> None:
    since = await current(cluster, namespace)
    await config_map("moves", labels={"tier": "back"})
    await cluster.replace(CONFIG_MAPS, namespace, "moves", body(CONFIG_MAPS, "moves", metadata={"labels": {"tier": "front"}}))
    watch = cluster.watch(CONFIG_MAPS, namespace=namespace, selectors=Selectors("tier=back"), resource_version=since, timeout=20)
    assert [event.type for event in await first(watch, 2)] == [EventType.ADDED, EventType.DELETED]


async def test_a_watch_ends_by_itself_and_a_bookmark_has_its_latest_version(cluster: Cluster, namespace: str) -> None:
    since = await current(cluster, namespace)
    await cluster.create(CONFIG_MAPS, namespace, body(CONFIG_MAPS, namespace))
    events = []
    async with asyncio.timeout(30):
        async for event in cluster.watch(CONFIG_MAPS, namespace=namespace, resource_version=since, timeout=5):
            if not events:
                # The watch is open. A server sends a bookmark only after a change that this watch does not deliver.
                await cluster.create(CONFIG_MAPS, "default", body(CONFIG_MAPS, f"{namespace}-elsewhere"))
            events.append(event)
    marks = [meta(event.object)["resourceVersion"] for event in events if event.type is EventType.BOOKMARK]
    assert marks
    assert int(marks[-1]) >= int(since)


async def test_a_streaming_list_delivers_every_object_and_marks_its_end(cluster: Cluster, namespace: str, config_map: Make) -> None:
    await config_map("one")
    await config_map("two")
    watch = cluster.watch(CONFIG_MAPS, namespace=namespace, resource_version="", timeout=20, initial_events=True)
    names = []
    async with asyncio.timeout(20):
        async for event in watch:
            if event.type is EventType.BOOKMARK and meta(event.object).get("annotations", {}).get("k8s.io/initial-events-end") == "true":
                break
            names.append(meta(event.object)["name"])
    await watch.aclose()
    assert {"one", "two"} <= set(names)


async def test_an_invalid_continue_token_is_refused(cluster: Cluster) -> None:
    with pytest.raises((Invalid, Gone)):
        await cluster.get_path("/api/v1/configmaps", {"limit": "1", "continue": "nonsense"})


async def test_an_absent_object_is_not_found(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(NotFound) as error:
        await cluster.get(CONFIG_MAPS, namespace, "absent")
    assert error.value.detail == 'configmaps "absent" not found'
    assert error.value.status["reason"] == "NotFound"


async def test_a_user_without_permission_is_forbidden_and_a_permission_check_predicts_it(stranger: Cluster, namespace: str) -> None:
    with pytest.raises(Forbidden) as error:
        await anext(stranger.pages(CONFIG_MAPS, namespace=namespace))
    assert 'User "stranger" cannot list resource "configmaps"' in error.value.detail
    with pytest.raises(Forbidden):
        await anext(stranger.watch(CONFIG_MAPS, resource_version="0"))
    assert not (await stranger.can_i("list", CONFIG_MAPS, namespace=namespace)).allowed


async def test_an_administrator_may_do_everything(cluster: Cluster, namespace: str) -> None:
    assert (await cluster.can_i("delete", PODS, namespace=namespace, name="web", subresource="log")).allowed


async def test_logs_of_a_running_pod_are_read_line_by_line_and_followed(
    cluster: Cluster, namespace: str, speak: Callable[[str], None]
) -> None:
    speak("the first line")
    await cluster.create(PODS, namespace, body(PODS, "talks", spec={"containers": [{"name": "web", "image": "web:1"}]}))

    async def running() -> bool:
        return bool(json.loads(await cluster.get(PODS, namespace, "talks"))["status"]["phase"] == "Running")

    await wait_until(running, ignoring=(ConsoleError,))

    async def tail() -> list[bytes]:
        return [line async for line in cluster.logs(namespace, "talks", LogOptions("web", tail=1))]

    last = await wait_until(tail, ignoring=(ConsoleError,))
    assert len(last) == 1
    assert b"\n" not in last[0]
    followed = cluster.logs(namespace, "talks", LogOptions(follow=True, timestamps=True))
    async with asyncio.timeout(20):
        line = await anext(followed)
    await followed.aclose()
    assert line[:4].isdigit()
    with pytest.raises(Invalid):
        await anext(cluster.logs(namespace, "talks", LogOptions("no-such-container")))
    with pytest.raises(NotFound):
        await anext(cluster.logs(namespace, "absent"))


async def first(watch: Any, count: int) -> list[WatchEvent]:
    """The first events that are no bookmarks; the watch is closed then."""
    found: list[WatchEvent] = []
    async with asyncio.timeout(20):
        async for event in watch:
            if event.type is not EventType.BOOKMARK:
                found.append(event)
            if len(found) == count:
                break
    await watch.aclose()
    return found

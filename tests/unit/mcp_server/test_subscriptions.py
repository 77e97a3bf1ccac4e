"""Resource subscriptions: a client of either protocol era is notified when a resource that it follows changes, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest
from mcp import Client, MCPError

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import StoreLocked
from k8sconsole.mcp_server.server import make_server
from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.events import ClusterState, ConnectionState, RowsChanged
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ResourceName
from tests.tool_harness import HarnessConsole, ToolHarness, scan

pytestmark = [pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning"), pytest.mark.fast_clock]
ERAS = ("legacy", "2026-07-28")


class Subscriber:
    """A client that subscribes to resources. updated: the URIs of its notifications, in order."""

    def __init__(self, client: Any, era: str, stack: AsyncExitStack) -> None:
        self.client = client
        self.era = era
        self.updated: asyncio.Queue[str] = asyncio.Queue()
        self._stack = stack
        self._tasks: list[asyncio.Task[None]] = []

    async def subscribe(self, *uris: str) -> list[str]:
        """Subscribes to resources. Returns the URIs that the server accepted."""
        if self.era == "legacy":
            for uri in uris:
                await self.client.subscribe_resource(uri)
            return list(uris)
        stream = await self._stack.enter_async_context(self.client.listen(resource_subscriptions=list(uris)))
        self._tasks.append(asyncio.create_task(self._read_updates(stream)))
        return list(stream.honored.resource_subscriptions or [])

    async def next_update(self) -> str:
        async with asyncio.timeout(5):
            return await self.updated.get()

    async def _read_updates(self, stream: Any) -> None:
        async for event in stream:
            self.updated.put_nowait(str(event.uri))

    async def handle_message(self, message: Any) -> None:
        method, params = getattr(message, "method", ""), getattr(message, "params", None)
        if method == "notifications/resources/updated":
            self.updated.put_nowait(str(params.uri))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def _subscriber(console: HarnessConsole, era: str) -> AsyncIterator[Subscriber]:
    async with AsyncExitStack() as stack:
        made = Subscriber(None, era, stack)
        handler = {"message_handler": made.handle_message} if era == "legacy" else {}  # in the later era the stream delivers them already
        made.client = await stack.enter_async_context(Client(make_server(console), mode=era, **handler))
        yield made
        made.stop()


@pytest.fixture
def label(harness: ToolHarness, console: HarnessConsole) -> Callable[[str, str], Awaitable[None]]:
    """Labels an object of the namespace shop and scans its kind."""

    async def change(kind: str, name: str) -> None:
        cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
        resource = await harness.environment.find_resource(cluster.name, kind)
        body = msgspec.json.encode({"metadata": {"labels": {"touched": "yes"}}})
        await cluster.patch(resource, "shop", name, body, PatchType.MERGE)
        assert harness.store is not None
        await scan(cluster, harness.store, (resource.name,))
        console.bus.publish(RowsChanged(cluster.name, ResourceName(resource.name), 0))

    return change


async def _two_objects(harness: ToolHarness, kind: str) -> tuple[str, str, str]:
    """The URI of a kind in the namespace shop, and the names of two objects there."""
    items = (await harness.call("k8s_list_resources", kind=kind, namespace="shop", limit=2)).data["items"]
    return f"k8s://{harness.environment.selected()[0]}/shop/{kind}", items[0]["name"], items[1]["name"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_subscriber_of_an_object_is_notified_of_its_changes_and_not_of_other_objects(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], era: str
) -> None:
    place, mine, other = await _two_objects(harness, "services")
    async with _subscriber(console, era) as subscriber:
        assert await subscriber.subscribe(f"{place}/{mine}") == [f"{place}/{mine}"]
        await label("services", other)
        await asyncio.sleep(0.5)
        assert subscriber.updated.empty()
        await label("services", mine)
        assert await subscriber.next_update() == f"{place}/{mine}"
        assert subscriber.updated.empty(), "one change sends one notification"


@pytest.mark.parametrize("era", ERAS)
async def test_a_subscriber_of_a_table_is_notified_of_every_object_in_it(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], era: str
) -> None:
    place, one, other = await _two_objects(harness, "services")
    async with _subscriber(console, era) as subscriber:
        await subscriber.subscribe(place)
        for name in (one, other):
            await label("services", name)
            assert await subscriber.next_update() == place


async def test_a_subscriber_is_notified_when_the_cluster_of_its_address_is_lost(console: HarnessConsole, harness: ToolHarness) -> None:
    place, *_ = await _two_objects(harness, "services")
    cluster = harness.environment.selected()[0]
    async with _subscriber(console, ERAS[1]) as subscriber:
        await subscriber.subscribe(place)
        console.bus.publish(ClusterState(cluster, ConnectionState.LIVE))
        console.bus.publish(ClusterState(cluster, ConnectionState.LOST))
        assert await subscriber.next_update() == place


async def test_a_write_of_another_process_is_notified_without_a_fact_on_the_bus(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.bus, "publish", lambda fact: None)
    place, mine, _ = await _two_objects(harness, "services")
    async with _subscriber(console, "legacy") as subscriber:
        await subscriber.subscribe(f"{place}/{mine}")
        await label("services", mine)
        assert await subscriber.next_update() == f"{place}/{mine}"


async def test_an_unsubscribed_client_gets_no_notification(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]]
) -> None:
    place, mine, _ = await _two_objects(harness, "services")
    async with _subscriber(console, "legacy") as subscriber:
        await subscriber.subscribe(f"{place}/{mine}")
        await subscriber.client.unsubscribe_resource(f"{place}/{mine}")
        await label("services", mine)
        await asyncio.sleep(0.5)
        assert subscriber.updated.empty()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("ending", ["/nothing-of-that-name", "/{name}/log", "?a=b"])
async def test_a_resource_that_is_unreadable_or_not_cached_cannot_be_subscribed_to(
    console: HarnessConsole, harness: ToolHarness, era: str, ending: str
) -> None:
    pods, name, _ = await _two_objects(harness, "pods")
    await _expect_refusal(console, era, pods + ending.replace("{name}", name))


@pytest.mark.parametrize("era", ERAS)
async def test_a_resource_that_policy_denies_cannot_be_subscribed_to(console: HarnessConsole, harness: ToolHarness, era: str) -> None:
    place, name, _ = await _two_objects(harness, "configmaps")
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("configmaps",)),))
    await _expect_refusal(console, era, f"{place}/{name}")


async def _expect_refusal(console: HarnessConsole, era: str, uri: str) -> None:
    async with _subscriber(console, era) as subscriber:
        if era == "legacy":
            with pytest.raises(MCPError):
                await subscriber.subscribe(uri)
        else:
            assert await subscriber.subscribe(uri) == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_cache_that_cannot_be_read_is_reported_in_its_own_words_and_code(
    console: HarnessConsole, harness: ToolHarness, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, mine, _ = await _two_objects(harness, "services")

    async def locked(query: RowQuery) -> Rows:
        raise StoreLocked("The cache is held by another process", "database is locked", "wait for it")

    monkeypatch.setattr(console.cache, "rows", locked)
    async with _subscriber(console, era) as subscriber:
        with pytest.raises(MCPError, match="held by another process: database is locked") as caught:
            await subscriber.subscribe(f"{place}/{mine}")
    assert caught.value.error.code == StoreLocked.code
    assert caught.value.error.data["uri"] == f"{place}/{mine}"

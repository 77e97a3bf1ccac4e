"""Following an address: the official client of either era hears when what stands there changes, and of nothing else."""

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
from k8sconsole.model.events import RowsChanged
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ResourceName
from tests.tool_harness import HarnessConsole, ToolHarness, scan

pytestmark = [pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning"), pytest.mark.fast_clock]
ERAS = ("legacy", "2026-07-28")


class Following:
    """A client that follows addresses. heard: what it was told of, in order."""

    def __init__(self, client: Any, era: str, stack: AsyncExitStack) -> None:
        self.client = client
        self.era = era
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self._stack = stack
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self, *uris: str) -> list[str]:
        """Those that may be followed."""
        if self.era == "legacy":
            for uri in uris:
                await self.client.subscribe_resource(uri)
            return list(uris)
        stream = await self._stack.enter_async_context(self.client.listen(resource_subscriptions=list(uris)))
        self._tasks.append(asyncio.create_task(self._hear(stream)))
        return list(stream.honored.resource_subscriptions or [])

    async def next(self) -> str:
        async with asyncio.timeout(5):
            return await self.heard.get()

    async def _hear(self, stream: Any) -> None:
        async for event in stream:
            self.heard.put_nowait(str(event.uri))

    async def notified(self, message: Any) -> None:
        method, params = getattr(message, "method", ""), getattr(message, "params", None)
        if method == "notifications/resources/updated":
            self.heard.put_nowait(str(params.uri))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def _following(console: HarnessConsole, era: str) -> AsyncIterator[Following]:
    async with AsyncExitStack() as stack:
        made = Following(None, era, stack)
        handler = {"message_handler": made.notified} if era == "legacy" else {}  # the stream of the later era tells it twice
        made.client = await stack.enter_async_context(Client(make_server(console), mode=era, **handler))
        yield made
        made.stop()


@pytest.fixture
def label(harness: ToolHarness, console: HarnessConsole) -> Callable[[str, str], Awaitable[None]]:
    """Labels an object of the namespace shop, and lets the scanner see it."""

    async def change(kind: str, name: str) -> None:
        cluster = await harness.environment.open_cluster(harness.environment.selected()[0])
        resource = await harness.environment.find_resource(cluster.name, kind)
        body = msgspec.json.encode({"metadata": {"labels": {"touched": "yes"}}})
        await cluster.patch(resource, "shop", name, body, PatchType.MERGE)
        assert harness.store is not None
        await scan(cluster, harness.store, (resource.name,))
        console.bus.publish(RowsChanged(cluster.name, ResourceName(resource.name), 0))

    return change


async def _two(harness: ToolHarness, kind: str) -> tuple[str, str, str]:
    """The beginning of an address in the namespace shop, and the names of two objects there."""
    items = (await harness.call("k8s_list_resources", kind=kind, namespace="shop", limit=2)).data["items"]
    return f"k8s://{harness.environment.selected()[0]}/shop/{kind}", items[0]["name"], items[1]["name"]


@pytest.mark.parametrize("era", ERAS)
async def test_who_follows_an_object_hears_when_it_changes_and_nothing_of_its_neighbours(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], era: str
) -> None:
    place, mine, other = await _two(harness, "services")
    async with _following(console, era) as following:
        assert await following.follow(f"{place}/{mine}") == [f"{place}/{mine}"]
        await label("services", other)
        await asyncio.sleep(0.5)
        assert following.heard.empty()
        await label("services", mine)
        assert await following.next() == f"{place}/{mine}"
        assert following.heard.empty(), "one change is told once"


@pytest.mark.parametrize("era", ERAS)
async def test_who_follows_a_table_hears_of_every_object_in_it(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], era: str
) -> None:
    place, one, other = await _two(harness, "services")
    async with _following(console, era) as following:
        await following.follow(place)
        for name in (one, other):
            await label("services", name)
            assert await following.next() == place


async def test_what_another_process_writes_is_heard_without_a_word_of_the_scanner(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.bus, "publish", lambda fact: None)
    place, mine, _ = await _two(harness, "services")
    async with _following(console, "legacy") as following:
        await following.follow(f"{place}/{mine}")
        await label("services", mine)
        assert await following.next() == f"{place}/{mine}"


async def test_who_has_left_hears_nothing_more(
    console: HarnessConsole, harness: ToolHarness, label: Callable[[str, str], Awaitable[None]]
) -> None:
    place, mine, _ = await _two(harness, "services")
    async with _following(console, "legacy") as following:
        await following.follow(f"{place}/{mine}")
        await following.client.unsubscribe_resource(f"{place}/{mine}")
        await label("services", mine)
        await asyncio.sleep(0.5)
        assert following.heard.empty()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("ending", ["/nothing-of-that-name", "/{name}/log", "?a=b"])
async def test_what_cannot_be_read_or_does_not_change_in_the_cache_cannot_be_followed(
    console: HarnessConsole, harness: ToolHarness, era: str, ending: str
) -> None:
    pods, name, _ = await _two(harness, "pods")
    await _refused(console, era, pods + ending.replace("{name}", name))


@pytest.mark.parametrize("era", ERAS)
async def test_what_policy_does_not_let_be_read_cannot_be_followed(console: HarnessConsole, harness: ToolHarness, era: str) -> None:
    place, name, _ = await _two(harness, "configmaps")
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("configmaps",)),))
    await _refused(console, era, f"{place}/{name}")


async def _refused(console: HarnessConsole, era: str, uri: str) -> None:
    async with _following(console, era) as following:
        if era == "legacy":
            with pytest.raises(MCPError):
                await following.follow(uri)
        else:
            assert await following.follow(uri) == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_cache_that_cannot_be_read_is_reported_in_its_own_words_and_code(
    console: HarnessConsole, harness: ToolHarness, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, mine, _ = await _two(harness, "services")

    async def locked(query: RowQuery) -> Rows:
        raise StoreLocked("The cache is held by another process", "database is locked", "wait for it")

    monkeypatch.setattr(console.cache, "rows", locked)
    async with _following(console, era) as following:
        with pytest.raises(MCPError, match="held by another process: database is locked") as caught:
            await following.follow(f"{place}/{mine}")
    assert caught.value.error.code == StoreLocked.code
    assert caught.value.error.data["uri"] == f"{place}/{mine}"

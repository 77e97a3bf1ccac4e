"""A context that is renamed in, or removed from, the kubeconfig while it is scanned keeps its cached rows, with a warning."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import UnknownContext
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState, ContextsChanged, Fact, Notice
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.console import Console, Opening
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

SHOP, PODS = ClusterName("shop"), ResourceName("pods")


class ConsoleSetup:
    """A console that scans the demo cluster as context ``shop``, with a kubeconfig that tests rewrite."""

    def __init__(self, folder: Path, demo: DemoCluster) -> None:
        self.folder, self.facts = folder, list[Fact]()
        self.kubeconfig = folder / "config"
        self._whole = yaml.safe_load(demo.kubeconfig.read_text())
        self.write_contexts("shop")

    def write_contexts(self, *names: str) -> None:
        context = self._whole["contexts"][0]["context"]
        contexts = [{"name": name, "context": context} for name in names]
        fresh = self.folder / "fresh"
        fresh.write_text(yaml.safe_dump({**self._whole, "contexts": contexts, "current-context": next(iter(names), "")}))
        fresh.replace(self.kubeconfig)

    async def open_console(self) -> Console:
        environment = {"CACHE_DB_PATH": str(self.folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(self.folder / "logs")}
        make = lambda: KubeconfigContexts([self.kubeconfig])  # noqa: E731 - an Opening takes a function
        return await Console.open(
            Opening(load_settings(environment=environment), Face.TUI, ("shop",), scan=True, make_contexts=make), self.facts.append
        )

    async def is_connected(self, *states: ConnectionState) -> bool:
        state = next((fact for fact in reversed(self.facts) if isinstance(fact, ClusterState) and fact.cluster == SHOP), None)
        return state is not None and state.connection in states

    async def has_notice(self, words: str) -> bool:
        return any(isinstance(fact, Notice) and words in fact.title for fact in self.facts)


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[ConsoleSetup]:
    async with DemoCluster("calm-shop", still=True) as demo:
        yield ConsoleSetup(tmp_path, demo)


@pytest.fixture
async def console(setup: ConsoleSetup) -> AsyncIterator[Console]:
    opened = await setup.open_console()
    await wait_until(lambda: setup.is_connected(ConnectionState.LIVE, ConnectionState.PARTIAL))

    async def has_rows() -> bool:
        return (await opened.cache.rows(RowQuery(PODS))).total > 0

    await wait_until(has_rows)
    yield opened
    await opened.close()


@pytest.mark.parametrize("left", [("renamed",), ()], ids=["renamed", "removed"])
async def test_rows_of_a_removed_context_stay_readable_and_say_why_they_are_stale(
    setup: ConsoleSetup, console: Console, left: tuple[str, ...]
) -> None:
    setup.write_contexts(*left)
    await wait_until(lambda: setup.has_notice("Context shop is no longer in the kubeconfig"))
    assert any(isinstance(fact, ContextsChanged) and SHOP in fact.removed for fact in setup.facts)
    await wait_until(lambda: setup.is_connected(ConnectionState.LOST))
    cached = (await console.cache.rows(RowQuery(PODS, clusters=(SHOP,)))).total
    assert cached

    async def is_reported() -> bool:
        """In the reply of a tool, as a user or a model gets it."""
        outcome = await console.tools.call("k8s_list_pods", {"context": "shop", "namespace": "shop"})
        assert outcome.error is None
        assert outcome.data["items"]
        freshness = outcome.freshness
        return freshness is not None and not freshness.complete and any("kubeconfig" in reason for reason in freshness.missing)

    await wait_until(is_reported)
    assert (await console.cache.rows(RowQuery(PODS, clusters=(SHOP,)))).total == cached
    assert [info.problem for info in await console.clusters.contexts() if info.name == SHOP] != [""]


async def test_a_renamed_context_can_be_selected_without_a_restart_and_a_notice_names_the_old_one(
    setup: ConsoleSetup, console: Console
) -> None:
    setup.write_contexts("renamed")
    await wait_until(lambda: setup.has_notice("Context shop is no longer in the kubeconfig"))
    with pytest.raises(UnknownContext, match="no context"):
        await console.clusters.select(["nothing-like-it"])
    await console.clusters.select(["renamed"])

    async def is_read() -> bool:
        return (await console.cache.rows(RowQuery(PODS, clusters=(ClusterName("renamed"),)))).total > 0

    await wait_until(is_read)


async def test_a_context_that_comes_back_is_scanned_again(setup: ConsoleSetup, console: Console) -> None:
    setup.write_contexts("other")
    await wait_until(lambda: setup.is_connected(ConnectionState.LOST))
    setup.write_contexts("shop", "other")
    await wait_until(lambda: setup.is_connected(ConnectionState.LIVE, ConnectionState.PARTIAL))

    async def is_watched() -> bool:
        states = [state for state in await console.cache.scan_states() if state.resource == PODS]
        return all(state.watching and not state.error for state in states)

    await wait_until(is_watched)

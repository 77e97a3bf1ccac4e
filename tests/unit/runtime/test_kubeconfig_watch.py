"""Which facts are published when the kubeconfig changes while the program runs."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import Unreachable
from k8sconsole.model.events import ContextsChanged, Fact, Notice
from k8sconsole.model.refs import ClusterName
from k8sconsole.runtime.cluster_pool import ClusterPool
from k8sconsole.runtime.kubeconfig_watch import KubeconfigWatch
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

SHOP = ClusterName("shop")


@pytest.fixture
async def demo() -> AsyncIterator[DemoCluster]:
    async with DemoCluster("calm-shop", still=True) as cluster:
        yield cluster


class WatchedKubeconfig:
    """A kubeconfig with the demo cluster under chosen context names, and the facts that its watch publishes."""

    def __init__(self, folder: Path, demo: DemoCluster) -> None:
        self.file = folder / "config"
        self._whole = yaml.safe_load(demo.kubeconfig.read_text())
        self.write("shop")
        self.facts: list[Fact] = []
        self.pool = ClusterPool(KubeconfigContexts([self.file]))
        self.watch = KubeconfigWatch(self.pool, self.facts.append)

    def write(self, *names: str) -> None:
        context = self._whole["contexts"][0]["context"]
        fresh = self.file.with_name("fresh")
        fresh.write_text(yaml.safe_dump({**self._whole, "contexts": [{"name": name, "context": context} for name in names]}))
        fresh.replace(self.file)

    def write_invalid(self) -> None:
        self.file.write_text("contexts: [\n")

    async def wait_for(self, kind: type[Fact], holds: Callable[[Fact], bool] = lambda fact: True) -> Fact:
        found = await wait_until(lambda: [fact for fact in self.facts if isinstance(fact, kind) and holds(fact)])
        return found[-1]


@pytest.fixture
async def kubeconfig(tmp_path: Path, demo: DemoCluster) -> AsyncIterator[WatchedKubeconfig]:
    made = WatchedKubeconfig(tmp_path, demo)
    await made.watch.start()
    yield made
    await made.watch.stop()
    await made.pool.close()


async def test_added_and_removed_contexts_are_published_and_a_removed_one_in_use_brings_a_notice(kubeconfig: WatchedKubeconfig) -> None:
    cluster = await kubeconfig.pool.get(SHOP)
    await cluster.version()
    kubeconfig.write("shop", "new")
    assert await kubeconfig.wait_for(ContextsChanged) == ContextsChanged(added=(ClusterName("new"),))
    kubeconfig.write("new")
    notice = await kubeconfig.wait_for(Notice)
    assert isinstance(notice, Notice)
    assert (notice.title, notice.severity) == ("Context shop is no longer in the kubeconfig", "warning")
    with pytest.raises(Unreachable, match="may be named new now"):
        await cluster.version()
    kubeconfig.write("shop")
    await kubeconfig.wait_for(ContextsChanged, lambda fact: fact == ContextsChanged((SHOP,), (ClusterName("new"),)))
    await cluster.version()


async def test_an_invalid_kubeconfig_brings_a_notice_with_its_line_and_the_contexts_stay(kubeconfig: WatchedKubeconfig) -> None:
    cluster = await kubeconfig.pool.get(SHOP)
    kubeconfig.write_invalid()
    notice = await kubeconfig.wait_for(Notice)
    assert isinstance(notice, Notice)
    assert notice.title == f"cannot use the kubeconfig {kubeconfig.file}"
    assert notice.detail.startswith("line 2: ")
    assert notice.detail.endswith("the contexts read before stay in use")
    await cluster.version()

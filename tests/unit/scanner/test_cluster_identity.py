"""A context that now leads to another cluster than the one whose rows are cached."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.errors import ServerError
from k8sconsole.model.clusters import ClusterIdentity, is_different_cluster
from k8sconsole.model.events import ConnectionState, Notice
from k8sconsole.scanner.connectivity.cluster_identity import last_identity
from k8sconsole.store.port import Store
from k8sconsole.store.sqlite.open import open_store
from tests.unit.scanner.memory_cluster import NODES, PODS, MemoryCluster
from tests.unit.scanner.test_cluster_scanner import Scan, shop
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db")
    yield opened
    await opened.close()


@pytest.fixture
async def scan(store: Store) -> AsyncIterator[Scan]:
    made = Scan(store)
    yield made
    await made.coordinator.close()


def notices(scan: Scan) -> list[str]:
    return [fact.title for fact in scan.facts if isinstance(fact, Notice)]


async def test_rows_of_a_cluster_are_not_shown_as_those_of_another_that_took_its_name(scan: Scan, store: Store) -> None:
    await scan.coordinator.scan_once(await shop())
    other = MemoryCluster()
    other.uid = "other"
    other.refusals["pods", None] = ServerError("pods cannot be listed", "so that no list takes the former rows away")
    await other.put(NODES, "n9")
    await scan.coordinator.scan_once(other)
    assert (await scan.names(NODES), await scan.names(PODS)) == (["n9"], [])
    assert notices(scan) == ["memory leads to another cluster now"]
    assert await last_identity(store, other.name) == ClusterIdentity("other")


async def test_a_cluster_replaced_during_a_watch_is_listed_again_and_no_row_of_the_previous_one_remains(scan: Scan) -> None:
    cluster = await shop()
    scan.coordinator.start(cluster)

    async def shows(pods: int) -> bool:
        return len(await scan.names(PODS)) == pods

    await wait_until(lambda: shows(8))
    await cluster.go_down()

    async def lost() -> bool:
        return scan.connection() is ConnectionState.LOST

    await wait_until(lost)
    for namespace in ("a", "b"):
        for number in range(4):
            await cluster.remove(PODS, f"web-{number}", namespace)
    cluster.compact()
    cluster.uid = "replaced"
    await cluster.put(PODS, "alone", "a")
    await cluster.come_back()

    async def only_the_new_one() -> bool:
        return await scan.names(PODS) == ["alone"]

    await wait_until(only_the_new_one)
    assert notices(scan) == ["memory leads to another cluster now"]


@pytest.mark.parametrize(
    ("before", "now", "differs"),
    [
        (ClusterIdentity(), ClusterIdentity("u", "d"), False),
        (ClusterIdentity("u", "d"), ClusterIdentity("u", "elsewhere"), False),
        (ClusterIdentity("u", "d"), ClusterIdentity("v", "d"), True),
        (ClusterIdentity("", "d"), ClusterIdentity("v", "d"), False),
        (ClusterIdentity("u", "d"), ClusterIdentity("", "elsewhere"), True),
        (ClusterIdentity("u", ""), ClusterIdentity("", "d"), False),
    ],
)
def test_a_cluster_is_identified_by_its_uid_or_else_by_its_server_address(
    before: ClusterIdentity, now: ClusterIdentity, differs: bool
) -> None:
    assert is_different_cluster(before, now) is differs
    assert ClusterIdentity.parse(str(now)) == now

"""More kinds than connections: what matters is watched all the time, the rest in turns, and each says which."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from k8sconsole.errors import refusal_of
from k8sconsole.kit import descriptors
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.model.history import ChangeQuery
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.scanner import coordinator, watch_slots
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.watch_slots import TURN_SECONDS, WatchSlots
from k8sconsole.store.port import RowQuery, ScanState, Store
from k8sconsole.store.sqlite.open import open_store
from tests.unit.scanner.memory_cluster import DEFINITIONS, NAMESPACES, NODES, PODS, MemoryCluster
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

CUSTOM = [ApiResource("many.example.com", "v1", f"Thing{n}", f"things{n}", True, verbs=("get", "list", "watch")) for n in range(40)]
WATCHES = 16
INTERVAL = 12.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db")
    yield opened
    await opened.close()


class Site:
    """A cluster of 44 kinds, and a scanner that may have 16 watches."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.cluster = MemoryCluster(resources=(PODS, NODES, NAMESPACES, DEFINITIONS, *CUSTOM))
        self.facts: list[Fact] = []
        self.scanner = ScanCoordinator(store, plan=ScanPlan(watches=WATCHES), clock=SystemClock(), publish=self.facts.append)

    async def states(self) -> dict[ResourceName, ScanState]:
        return {state.resource: state for state in await self.store.metadata.scan_states(self.cluster.name)}

    def newest(self) -> ClusterState | None:
        return next((fact for fact in reversed(self.facts) if isinstance(fact, ClusterState)), None)

    async def names(self, resource: ApiResource) -> list[str]:
        return [row.name for row in (await self.store.objects.rows(RowQuery(resource.name, (self.cluster.name,)))).rows]

    async def settled(self) -> list[ApiResource]:
        """The kinds that are watched in turns, once every kind has found its place."""

        async def everything_read() -> bool:
            states = await self.states()
            return len(states) == 44 and all(state.watching or state.poll_interval for state in states.values())

        await wait_until(everything_read)
        states = await self.states()
        return [resource for resource in CUSTOM if states[resource.name].poll_interval]


@pytest.fixture
async def site(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(watch_slots, "_SHORTEST_INTERVAL", INTERVAL)
    made = Site(store)
    made.scanner.start(made.cluster)
    yield made
    await made.scanner.close()


async def test_the_connections_of_watches_are_bounded_whatever_the_number_of_kinds(site: Site) -> None:
    polled = await site.settled()
    assert site.cluster.most_watches <= WATCHES
    assert len(polled) == 44 - (WATCHES - WATCHES // 8)
    states = await site.states()
    assert all(states[kind.name].watching for kind in (PODS, NODES, NAMESPACES, DEFINITIONS)), "built-in kinds go first"
    assert min(states[kind.name].poll_interval for kind in polled) >= INTERVAL
    await wait_until(lambda: (state := site.newest()) is not None and state.in_turns == len(polled))


async def test_a_turn_delivers_what_has_changed_and_confirms_the_rows(site: Site) -> None:
    kind = (await site.settled())[0]
    before = (await site.states())[kind.name]
    await site.cluster.put(kind, "new", "default")
    await wait_until(lambda: site.names(kind))
    await wait_until(lambda: _was_confirmed_after(site, kind, before.confirmed_at or 0))
    assert site.cluster.lists.count((kind.name, None)) == 1, "a turn resumes, and lists nothing"
    assert not (await site.states())[kind.name].watching
    assert site.cluster.most_watches <= WATCHES


async def test_quiet_turns_leave_no_gap_and_a_change_between_turns_leaves_one(site: Site) -> None:
    quiet, busy, *_ = await site.settled()
    began = SystemClock().now()
    await site.cluster.put(busy, "new", "default")
    await wait_until(lambda: _was_confirmed_after(site, quiet, began + TURN_SECONDS))

    async def gaps() -> set[ResourceName]:
        query = ChangeQuery(since=began, until=SystemClock().now())
        return {gap.resource for gap in (await site.store.history.changes(query)).gaps if gap.ended and gap.ended >= began}

    await wait_until(lambda: _is_in(busy.name, gaps))
    assert quiet.name not in await gaps()


async def _is_in(name: ResourceName, names: Callable[[], Awaitable[set[ResourceName]]]) -> bool:
    return name in await names()


async def _was_confirmed_after(site: Site, kind: ApiResource, at: float) -> bool:
    return ((await site.states())[kind.name].confirmed_at or 0) > at


async def test_a_kind_on_the_screen_is_watched_at_once_and_keeps_its_watch_afterwards(site: Site) -> None:
    kind = (await site.settled())[-1]
    site.scanner.focus(site.cluster.name, kind.name)
    await wait_until(lambda: kind.name in site.cluster.open_watches)
    await site.cluster.put(kind, "seen", "default")
    await wait_until(lambda: site.names(kind))
    site.scanner.focus(site.cluster.name, PODS.name)
    await asyncio.sleep(INTERVAL)
    assert (await site.states())[kind.name].watching
    assert site.cluster.most_watches <= WATCHES


async def test_two_clusters_share_the_open_files_of_the_process(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "descriptor_limit", lambda: 40)
    await site.settled()
    other = MemoryCluster("other", resources=(PODS, NODES, NAMESPACES, DEFINITIONS, *CUSTOM))
    site.scanner.start(other)
    await wait_until(lambda: len(other.open_watches) >= 5)
    await wait_until(lambda: len(site.cluster.open_watches) <= 10)
    assert other.most_watches <= 10
    await site.scanner.stop(ClusterName("other"))
    await wait_until(lambda: len(site.cluster.open_watches) >= WATCHES - WATCHES // 8)


async def test_a_shortage_of_open_files_is_partial_and_passes(site: Site) -> None:
    await site.settled()
    shortage = refusal_of("cannot watch", OSError(errno.EMFILE, "Too many open files"))
    for kind in CUSTOM:
        site.cluster.refusals[kind.name, None] = shortage
    await site.cluster.put(PODS, "web", "default")
    site.scanner.focus(site.cluster.name, CUSTOM[-1].name)  # it starts a watch, which is refused
    await wait_until(lambda: _says(site, ConnectionState.PARTIAL, "too many open files; ulimit -n 4096, then the same command"))
    site.cluster.refusals.clear()
    await wait_until(lambda: _says(site, ConnectionState.LIVE, ""))
    states = [fact.connection for fact in site.facts if isinstance(fact, ClusterState)]
    assert ConnectionState.LOST not in states
    assert len(site.cluster.open_watches) < WATCHES - WATCHES // 8, "fewer watches leave room for requests"


def _says(site: Site, connection: ConnectionState, missing: str) -> bool:
    state = site.newest()
    return state is not None and state.connection is connection and "; ".join(state.missing) == missing


async def test_a_cluster_that_cannot_be_probed_for_want_of_open_files_is_not_lost(store: Store) -> None:
    site = Site(store)
    site.cluster.shortage = refusal_of("cannot get version", OSError(errno.EMFILE, "Too many open files"))
    site.scanner.start(site.cluster)
    await wait_until(lambda: _says(site, ConnectionState.PARTIAL, "too many open files; ulimit -n 4096, then the same command"))
    site.cluster.shortage = None
    await wait_until(lambda: _says(site, ConnectionState.LIVE, ""))
    await site.scanner.close()
    assert ConnectionState.LOST not in [fact.connection for fact in site.facts if isinstance(fact, ClusterState)]


def test_a_quiet_kind_gives_way_to_a_busy_one_but_not_before_a_while() -> None:
    time = 0.0
    slots = WatchSlots(3, lambda: time, lambda: None)
    first, second, third = (kind.name for kind in CUSTOM[:3])
    revoked = slots.try_hold(first, 1)
    assert slots.try_hold(second, 1)
    assert slots.try_hold(third, 1) is None
    slots.mark_active(third)
    assert slots.try_hold(third, 1) is None
    time = 700.0
    assert slots.try_hold(third, 1) is None, "it was not active since the others got theirs"
    slots.mark_active(second)
    slots.mark_active(third)
    assert slots.try_hold(third, 1)
    assert revoked is not None
    assert revoked.is_set()
    assert slots.try_hold(PODS.name, 2), "a built-in kind takes them from any custom kind"


def test_the_soft_limit_of_open_files_is_raised_at_the_start() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        descriptors.raise_descriptor_limit()
        assert descriptors.descriptor_limit() == (4096 if hard == resource.RLIM_INFINITY else min(4096, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

"""A system clock that is set while the program runs: one notice is published, no data is lost, and no work waits because of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.config.loader import load_settings
from k8sconsole.kit.clock import ClockWatch, SystemClock
from k8sconsole.model.events import Fact, Notice
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Face
from k8sconsole.runtime.clock_watch import publish_clock_jumps
from k8sconsole.runtime.console import Console, Opening
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.store.port import RowQuery, Store
from k8sconsole.store.sqlite.open import open_store
from tests.unit.scanner.memory_cluster import PODS
from tests.unit.scanner.test_cluster_scanner import SetClock, shop
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SetClock) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "cache.db", clock=clock)
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("jump", "title"),
    [
        (-HOUR, "The clock of this machine was set back by 1h"),
        (HOUR, "The clock of this machine was set forward by 1h"),
        (40 * DAY, "The clock of this machine was set forward by 40d"),
    ],
)
async def test_a_clock_jump_brings_one_notice_with_its_size(clock: SetClock, jump: float, title: str) -> None:
    facts: list[Fact] = []
    publishing = asyncio.create_task(publish_clock_jumps(clock, facts.append, every=0.01))
    await asyncio.sleep(0.05)
    assert facts == [], "a running clock brings no notice"
    clock.off += jump
    await wait_until(lambda: _has_facts(facts))
    await asyncio.sleep(0.05)
    (notice,) = facts
    assert isinstance(notice, Notice)
    assert (notice.title, notice.severity) == (title, "warning")
    assert notice.detail
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)


async def _has_facts(facts: list[Fact]) -> bool:
    return bool(facts)


def test_a_clock_that_is_adjusted_gradually_is_no_jump(clock: SetClock) -> None:
    watch = ClockWatch(clock)
    for _ in range(100):
        clock.off += 0.5
        assert watch.read_jump() == 0.0


async def test_an_open_console_publishes_a_clock_jump_on_its_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts: list[Fact] = []
    loaded = load_settings({"cache.db_path": str(tmp_path / "cache.db"), "log.folder": str(tmp_path)}, environment={})
    console = await Console.open(Opening(loaded, Face.CLI, offline=True), facts.append)
    await asyncio.sleep(0.05)
    monkeypatch.setattr(SystemClock, "now", lambda clock: time.time() - HOUR)
    await wait_until(lambda: _has_notice(facts, "set back by 1h"))
    await console.close()


async def _has_notice(facts: list[Fact], words: str) -> bool:
    return any(isinstance(fact, Notice) and words in fact.title for fact in facts)


async def test_a_clock_set_forty_days_forward_expires_nothing(store: Store, clock: SetClock) -> None:
    cluster = await shop()
    coordinator = ScanCoordinator(store, plan=ScanPlan(cleanup_interval=0.05), clock=clock, publish=lambda fact: None)
    await coordinator.scan_once(cluster)
    before = clock.now()
    await cluster.remove(PODS, "web-0", "a")
    await coordinator.scan_once(cluster)
    await cluster.go_down()
    coordinator.start(cluster)
    clock.off += 40 * DAY
    await _wait_for_cleanup(store)
    assert (await store.objects.rows(RowQuery(PODS.name))).total == 7
    then = await store.objects.rows(RowQuery(PODS.name, as_of=before))
    assert then.total == 8, "history still has the object deleted since"
    await coordinator.close()


async def _wait_for_cleanup(store: Store) -> None:
    """Waits for at least one round of cleaning. The writer works in order."""
    await asyncio.sleep(0.3)
    await store.objects.revision()


async def test_rows_and_history_from_before_the_clock_was_set_back_stay(store: Store, clock: SetClock) -> None:
    clock.off -= DAY
    cluster = await shop()
    coordinator = ScanCoordinator(store, plan=ScanPlan(cleanup_interval=0.05), clock=clock, publish=lambda fact: None)
    await coordinator.scan_once(cluster)
    yesterday = clock.now()
    clock.off = 0.0
    await cluster.remove(PODS, "web-0", "a")
    await coordinator.scan_once(cluster)
    clock.off -= HOUR
    await cluster.put(PODS, "new", "a")
    coordinator.start(cluster)
    await wait_until(lambda: _holds(store, PODS, 8))
    await _wait_for_cleanup(store)
    assert (await store.objects.rows(RowQuery(PODS.name, as_of=yesterday))).total == 8
    assert (await store.objects.rows(RowQuery(PODS.name, as_of=clock.now() + 2 * HOUR))).total == 8
    await coordinator.close()


async def _holds(store: Store, resource: ApiResource, count: int) -> bool:
    return (await store.objects.rows(RowQuery(resource.name))).total == count

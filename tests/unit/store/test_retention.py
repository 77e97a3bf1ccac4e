"""Retention: by age, by number of versions and by size, each with a gap that states the rule."""

from pathlib import Path

import pytest

from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.history import Change, ChangeQuery
from k8sconsole.model.history.rules import DAY, HistoryRules
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.store.port import RowQuery, WriteBatch
from k8sconsole.store.sqlite.catalog import Lifetimes
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore
from tests.contract.store_objects import HERE, PODS, batch, pod

WEB = ObjectRef(HERE, PODS, Namespace("a"), "web")
BEGIN = 1_000_000.0


class FrozenClock(SystemClock):
    """Always at BEGIN, the time of the first scan."""

    def now(self) -> float:
        return BEGIN


class ChangedPod:
    """A store with one pod that changed ``count`` times, once a day."""

    def __init__(self, store: SqliteStore, count: int) -> None:
        self.store = store
        self.last = BEGIN + (count - 1) * DAY

    async def states(self) -> list[str]:
        return [version.resource_version for version, _ in (await self.store.history.versions(WEB)).versions]

    async def gap(self) -> tuple[float, float | None, str]:
        first = (await self.store.history.gaps(0.0, BEGIN, cluster=HERE, resource=PODS))[0]
        return first.began, first.ended, first.reason

    async def sizes(self) -> dict[str, int]:
        found = {}
        for table in ("versions", "lives", "keyframes"):
            found[table] = int((await self.store.query(f"SELECT count(*) FROM {table}")).rows[0][0])
        (found["bytes"],) = (await self.store.query("SELECT value FROM counters WHERE name = 'history'")).rows[0]
        return found


async def change_daily(folder: Path, rules: HistoryRules, count: int = 10) -> ChangedPod:
    store = await open_store(folder / "cache.db", clock=FrozenClock(), lifetimes=Lifetimes(history=rules))
    scan = await store.objects.begin_scan(HERE, PODS)
    await store.objects.write(batch(pod("other", created_at=1.0), at=BEGIN - 1, scan_id=scan))
    await store.objects.finish_scan(HERE, PODS, scan)
    for number in range(count):
        changed = pod("web", version=str(number + 1), status=f"State{number}", created_at=BEGIN + 2e9)
        await store.objects.write(batch(changed, at=BEGIN + number * DAY))
    return ChangedPod(store, count)


async def test_versions_that_are_too_old_are_deleted_and_tables_of_later_times_stay_complete(tmp_path: Path) -> None:
    kept = await change_daily(tmp_path, HistoryRules(max_age=3 * DAY))
    before = {at: (await kept.store.objects.rows(RowQuery(PODS, as_of=at))).rows for at in (kept.last - 2.5 * DAY, kept.last - 1.5 * DAY)}
    assert await kept.store.clean(kept.last) > 0
    assert await kept.states() == ["6", "7", "8", "9", "10"]
    assert {at: (await kept.store.objects.rows(RowQuery(PODS, as_of=at))).rows for at in before} == before
    assert await kept.gap() == (0.0, kept.last - 3 * DAY, "versions are kept for 3 days")
    assert await kept.store.history.known_since(HERE, PODS) == kept.last - 3 * DAY


async def test_a_kind_can_have_its_own_age(tmp_path: Path) -> None:
    kept = await change_daily(tmp_path, HistoryRules(max_age=1.0, max_age_of={"pods": 30 * DAY}))
    assert await kept.store.clean(kept.last) == 0
    assert len(await kept.states()) == 10


async def test_the_number_of_versions_of_an_object_is_limited_and_a_gap_states_it(tmp_path: Path) -> None:
    kept = await change_daily(tmp_path, HistoryRules(max_age=900 * DAY, max_versions=4))
    await kept.store.clean(kept.last)
    assert (await kept.states())[-4:] == ["7", "8", "9", "10"]
    assert (await kept.sizes())["versions"] == 4
    gaps = await kept.store.history.gaps(0.0, kept.last, cluster=HERE, resource=PODS)
    assert "4 versions of an object are kept" in [gap.reason for gap in gaps], gaps


async def test_the_size_of_all_versions_is_limited(tmp_path: Path) -> None:
    kept = await change_daily(tmp_path, HistoryRules(max_age=900 * DAY, max_bytes=300), count=40)
    assert (await kept.sizes())["bytes"] > 300
    await kept.store.clean(kept.last)
    assert (await kept.sizes())["bytes"] <= 300
    assert (await kept.states())[-1] == "40", "the present state is not part of history"
    assert (await kept.gap())[2].startswith("history is limited to")


async def test_an_object_that_was_deleted_long_ago_leaves_no_row(tmp_path: Path) -> None:
    kept = await change_daily(tmp_path, HistoryRules(max_age=3 * DAY))
    await kept.store.objects.write(WriteBatch(HERE, PODS, kept.last, gone=[DeletedObject(Namespace("a"), "web")]))
    assert (await kept.store.history.versions(WEB)).versions[-1][0].change is Change.DELETED
    await kept.store.clean(kept.last + 4 * DAY)
    assert await kept.sizes() == {"versions": 0, "lives": 0, "keyframes": 0, "bytes": 0}
    assert (await kept.store.history.versions(WEB)).versions == []
    changes = await kept.store.history.changes(ChangeQuery(0.0, kept.last + 5 * DAY))
    assert (changes.versions, bool(changes.gaps)) == ([], True)


async def test_more_than_one_piece_is_deleted_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8sconsole.store.sqlite.history.retention.PIECE", 3)
    kept = await change_daily(tmp_path, HistoryRules(max_age=0.5 * DAY), count=30)
    assert await kept.store.clean(kept.last) == 29, "all but the last change, which is not half a day old"
    assert await kept.states() == ["29", "30"]

# ruff: noqa: ASYNC220, ASYNC240 - preparing a file or a process may block here
"""Faults of the cache file: damage, a full disk, missing permission, other processes, and a kill during a write."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sconsole.errors import StoreCorrupt, StoreError, StoreLocked, StoreTooNew, StoreUnwritable
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.history import Change
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.schema import SCHEMA_VERSION
from tests.contract.store_objects import HERE, PODS, batch, pod

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "cache.db"


async def fill(path: Path, count: int = 300) -> None:
    store = await open_store(path)
    await store.objects.write(batch(*(pod(f"p{number:04}") for number in range(count))))
    await store.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_only_the_owner_may_read_the_file_its_side_files_and_its_folder(path: Path) -> None:
    store = await open_store(path)
    await store.objects.write(batch(pod("web")))
    assert {each.name: mode(each) for each in path.parent.iterdir()} == {"cache.db": 0o600, "cache.db-wal": 0o600, "cache.db-shm": 0o600}
    assert mode(path.parent) == 0o700
    await store.close()


async def test_a_file_readable_by_others_is_made_private(path: Path) -> None:
    await fill(path)
    path.chmod(0o644)
    store = await open_store(path)
    assert mode(path) == 0o600
    await store.close()


async def test_a_file_that_is_no_database_is_renamed_and_rebuilt_with_a_note(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    store = await open_store(path, clock=FixedClock(0.0))
    kept = path.with_name("cache.db.corrupt-19700101T000000Z")
    assert kept.read_bytes().startswith(b"this is not")
    assert kept.name in (await store.status()).note
    assert store.recovered
    await store.objects.write(batch(pod("web")))
    await store.close()


async def test_a_database_that_is_damaged_inside_is_found_and_rebuilt_at_the_next_start(path: Path) -> None:
    await fill(path, 3000)
    with path.open("r+b") as file:
        for page in range(4, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xde\xad" * 2048)
    try:
        store = await open_store(path)
        if not store.recovered:
            with pytest.raises(StoreCorrupt, match="damaged"):
                await store.objects.rows(RowQuery(PODS))
            await store.close()
            store = await open_store(path)
    except StoreCorrupt:
        pytest.fail("a damaged cache must never keep the console from starting")
    assert store.recovered
    assert (await store.objects.rows(RowQuery(PODS))).total == 0
    await store.close()
    assert not (await _reopened(path))


async def _reopened(path: Path) -> str:
    store = await open_store(path)
    await store.close()
    return store.recovered


async def test_a_file_of_a_newer_version_is_refused_and_not_changed(path: Path) -> None:
    await fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="newer"):
        await open_store(path)
    assert path.read_bytes() == before


def create_schema_3_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "schema-3.sql").read_text())
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def query(path: Path, sql: str) -> object:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchone()[0]


async def test_a_file_of_an_older_version_is_copied_and_migrated_with_all_rows(path: Path) -> None:
    create_schema_3_file(path)
    store = await open_store(path)
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS))).rows] == ["p0", "p1", "p2"]
    assert await store.audit.figures("hit", 0.0) == [(1.0, 1.0)]
    assert (await store.status()).schema_version == SCHEMA_VERSION
    assert (await store.objects.write(batch(pod("p0", version="2", status="Failed"), at=2000.0))).changed == 1
    assert [
        version.resource_version for version, _ in (await store.history.versions(ObjectRef(HERE, PODS, Namespace("a"), "p0"))).versions
    ] == [
        "1",
        "2",
    ]
    await store.close()
    copy = path.with_name("cache.db.schema-3")
    assert mode(copy) == 0o600
    assert (query(copy, "PRAGMA user_version"), query(copy, "SELECT count(*) FROM objects")) == (3, 3)


async def test_a_failed_migration_leaves_the_older_file_unchanged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_schema_3_file(path)
    monkeypatch.setattr("k8sconsole.store.sqlite.schema._HISTORY", "CREATE TABLE lives (id);\nCREATE TABLE lives (id);\n")
    with pytest.raises(StoreError):
        await open_store(path)
    assert (query(path, "PRAGMA user_version"), query(path, "SELECT count(*) FROM objects")) == (3, 3)
    assert query(path, "SELECT count(*) FROM sqlite_master WHERE name = 'lives'") == 0


async def test_a_database_of_another_program_is_refused_and_not_changed(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE precious (thing)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a cache of k8sconsole"):
        await open_store(path)
    assert path.read_bytes() == before


async def test_a_path_that_cannot_be_written_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnwritable) as caught:
        await open_store(tmp_path / "file" / "cache.db")
    assert "cache.db" in str(caught.value)
    assert caught.value.remedy
    with pytest.raises(StoreUnwritable):
        await open_store(tmp_path)


async def test_a_file_held_by_another_process_is_waited_for_and_then_named(path: Path) -> None:
    store = await open_store(path, timeout=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="another process"):
        await store.objects.write(batch(pod("web")))
    assert (await store.objects.rows(RowQuery(PODS))).total == 0
    other.execute("ROLLBACK")
    other.close()
    assert (await store.objects.write(batch(pod("web")))).added == 1
    await store.close()


async def test_a_lock_that_is_released_in_time_delays_the_write_only(path: Path) -> None:
    store = await open_store(path, timeout=20.0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(store.objects.write(batch(pod("web"))))
    await asyncio.sleep(0.2)
    assert not write.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await write).added == 1
    await store.close()


async def test_two_processes_may_open_a_fresh_file_at_once(path: Path) -> None:
    stores = await asyncio.gather(*(open_store(path) for _ in range(4)))
    await asyncio.gather(*(store.objects.write(batch(pod(f"p{number}"))) for number, store in enumerate(stores)))
    assert (await stores[0].objects.rows(RowQuery(PODS))).total == 4
    assert len({await store.objects.revision() for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_a_file_deleted_while_in_use_is_restored_with_all_rows_and_a_note(path: Path) -> None:
    store = await open_store(path)
    await store.objects.write(batch(*(pod(f"p{number}") for number in range(100))))
    for each in path.parent.iterdir():
        each.unlink()
    assert (await store.objects.rows(RowQuery(PODS))).total == 100
    assert (await store.objects.write(batch(pod("after")))).added == 1
    assert (await store.objects.rows(RowQuery(PODS))).total == 101
    assert "deleted while in use" in (await store.status()).note
    assert {each.name: mode(each) for each in path.parent.iterdir()} == {"cache.db": 0o600, "cache.db-wal": 0o600, "cache.db-shm": 0o600}
    await store.close()
    again = await open_store(path)
    assert ((await again.objects.rows(RowQuery(PODS))).total, again.recovered) == (101, "")
    await again.close()


async def test_two_consoles_whose_file_is_deleted_share_the_restored_file(path: Path) -> None:
    one, two = await open_store(path), await open_store(path)
    await one.objects.write(batch(pod("first")))
    shutil.rmtree(path.parent)
    for number in range(10):
        await asyncio.gather(one.objects.write(batch(pod(f"one-{number}"))), two.objects.write(batch(pod(f"two-{number}"))))
    assert [(await store.objects.rows(RowQuery(PODS))).total for store in (one, two)] == [21, 21]
    await one.close()
    await two.close()


async def test_a_clock_set_back_an_hour_loses_no_version_and_expires_nothing(path: Path) -> None:
    clock = FixedClock(1_000_000.0)
    store = await open_store(path, clock=clock)
    scan = await store.objects.begin_scan(HERE, PODS)
    await store.objects.write(batch(pod("web", version="1"), at=clock.now(), scan_id=scan))
    await store.objects.finish_scan(HERE, PODS, scan)
    assert await store.sharing.take_lease("scan:here", "me", 10.0) == "me"
    clock.advance(-3600.0)
    await store.objects.write(batch(pod("web", version="2", status="Failed"), pod("db"), at=clock.now()))
    await store.objects.write(batch(at=clock.now(), gone=[DeletedObject(Namespace("a"), "web")]))
    await store.clean(clock.now())
    life = (await store.history.versions(ObjectRef(HERE, PODS, Namespace("a"), "web"))).versions
    assert [version.change for version, _ in life] == [Change.ADDED, Change.MODIFIED, Change.DELETED]
    assert sorted(version.observed_at for version, _ in life) == [version.observed_at for version, _ in life]
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS))).rows] == ["db"]
    assert await store.sharing.take_lease("scan:here", "me", 10.0) == "me"
    clock.advance(11.0)
    assert await store.sharing.take_lease("scan:here", "other", 10.0) == "other", "a clock set back does not prolong the lease by an hour"
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"only root may mount a file system here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


async def test_on_a_full_disk_every_committed_row_stays_and_writing_continues_once_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    store = await open_store(small_disk / "cache.db")
    turns = iter(range(200))

    async def fill_up() -> None:
        for turn in turns:
            noise = {f"label-{number}": os.urandom(30).hex() for number in range(10)}
            await store.objects.write(batch(*(pod(f"p{turn}-{number}", labels=noise) for number in range(50))))

    with pytest.raises(StoreUnwritable) as full:
        await fill_up()
    committed = 50 * (next(turns) - 1)
    assert committed
    assert full.value.remedy
    assert (await store.objects.rows(RowQuery(PODS, limit=None))).total == committed
    ballast.unlink()
    assert (await store.objects.write(batch(pod("with-room-again")))).added == 1
    await store.close()
    again = await open_store(small_disk / "cache.db")
    assert ((await again.objects.rows(RowQuery(PODS))).total, again.recovered) == (committed + 1, "")
    await again.close()


@pytest.mark.long
async def test_a_file_that_another_process_holds_for_twenty_seconds_is_waited_for_and_read_meanwhile(path: Path) -> None:
    store = await open_store(path)
    await store.objects.write(batch(pod("first")))
    holding = subprocess.Popen([sys.executable, "-c", HOLD, str(path), "20"], stdout=subprocess.PIPE, text=True)
    assert holding.stdout is not None
    assert holding.stdout.readline() == "held\n"
    write = asyncio.create_task(store.objects.write(batch(pod("second"))))
    while holding.poll() is None:
        assert (await store.objects.rows(RowQuery(PODS))).total == 1
        await asyncio.sleep(0.5)
    assert (await write).added == 1
    assert (await store.objects.rows(RowQuery(PODS))).total == 2
    await store.close()


HOLD = """if True:
    import sqlite3, sys, time
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    connection.execute("ROLLBACK")
"""


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    code = textwrap.dedent(script)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


FULL_DISK = """
    import asyncio, resource, signal, sys
    from pathlib import Path
    from k8sconsole.errors import StoreUnwritable
    from k8sconsole.store.port import RowQuery
    from k8sconsole.store.sqlite.open import open_store
    from tests.contract.store_objects import PODS, batch, pod

    async def main():
        store = await open_store(Path(sys.argv[1]))
        await store.objects.write(batch(*(pod(f"first-{n}") for n in range(100))))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        try:
            await store.objects.write(batch(*(pod(f"second-{n}", labels={"noise": f"{n}" * 100}) for n in range(3000))))
        except StoreUnwritable as error:
            print("unwritable", bool(error.remedy))
        print((await store.objects.rows(RowQuery(PODS))).total)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print((await store.objects.write(batch(pod("third")))).added, (await store.objects.rows(RowQuery(PODS))).total)
        await store.close()

    asyncio.run(main())
"""


def test_a_full_disk_leaves_no_half_written_batch_and_the_store_still_works(path: Path) -> None:
    done = run(FULL_DISK, path)
    assert done.stdout.split() == ["unwritable", "True", "100", "1", "101"], done.stderr


WRITE_FOR_EVER = """
    import asyncio, sys
    from pathlib import Path
    from k8sconsole.store.sqlite.open import open_store
    from tests.contract.store_objects import batch, pod

    async def main():
        store = await open_store(Path(sys.argv[1]))
        for turn in range(100_000):
            await store.objects.write(batch(*(pod(f"p{n}", version=str(turn)) for n in range(50))))
            print(turn, flush=True)

    asyncio.run(main())
"""


async def test_committed_batches_survive_a_kill_completely(path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITE_FOR_EVER), str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        shown = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        store = await open_store(path)
        assert not store.recovered
        versions = {int(row.resource_version) for row in (await store.objects.rows(RowQuery(PODS))).rows}
        assert len(versions) == 1, "a batch is there as a whole or not at all"
        assert versions.pop() >= max([*shown, *map(int, rest[:-1])])
        (check,) = (await store.query("SELECT count(*) FROM objects LEFT JOIN bodies USING (id) WHERE body IS NULL")).rows
        assert check == (0,)
        await store.close()
        path.unlink()

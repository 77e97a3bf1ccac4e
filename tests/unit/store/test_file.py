"""The cache file itself: its header, the lock, its modes, and the threads that write and read it."""

import asyncio
import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest

from k8sconsole.errors import StoreError, StoreUnwritable
from k8sconsole.kit.clock import FixedClock
from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite.bulk_insert import write_many
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.header import MARK, is_encrypted, is_plain, read_header
from k8sconsole.store.sqlite.file.lock import lock_folder
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.store import SqliteStore
from k8sconsole.store.sqlite.writer import WriterThread
from tests.contract.store_objects import PODS, batch, pod


def test_a_foreign_file_is_neither_plain_nor_encrypted(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\nexit 0\n")
    assert not is_plain(path)
    assert not is_encrypted(path)


def test_a_missing_or_empty_file_has_an_empty_header(path: Path) -> None:
    assert read_header(path) == b""
    path.touch()
    assert read_header(path) == b""
    assert not is_plain(path)


async def test_the_header_of_a_cache_shows_whether_it_is_encrypted(tmp_path: Path) -> None:
    for name, key in (("plain.db", None), ("secret.db", CacheKey("a phrase of some length"))):
        await (await open_store(tmp_path / name, key=key)).close()
    assert is_plain(tmp_path / "plain.db")
    assert is_encrypted(tmp_path / "secret.db")
    assert read_header(tmp_path / "secret.db").startswith(MARK)


def test_reading_a_header_does_not_release_the_locks_of_this_process(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("BEGIN EXCLUSIVE")
    is_plain(path)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_try_to_write, (str(path),)) == "database is locked"
    connection.close()


def _try_to_write(path: str) -> str:
    connection = sqlite3.connect(path, timeout=0.0)
    try:
        connection.execute("INSERT INTO t VALUES (1)")
    except sqlite3.OperationalError as error:
        return str(error)
    return "written"


def test_the_folder_lock_blocks_another_holder_until_it_is_released(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with lock_folder(tmp_path):
            order.append("second")

    with lock_folder(tmp_path):
        other = threading.Thread(target=second)
        other.start()
        other.join(0.05)
        order.append("first")
    other.join(5.0)
    assert order == ["first", "second"]


def test_the_folder_lock_is_released_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="failed"), lock_folder(tmp_path):
        raise ValueError("failed")
    with lock_folder(tmp_path):
        pass


def test_a_key_of_64_hexadecimal_digits_is_used_as_it_is_and_a_passphrase_depends_on_the_salt() -> None:
    assert CacheKey("ab" * 32).with_salt(b"\x01" * 16) == f"x'{'ab' * 32}{'01' * 16}'"
    first, second = (CacheKey("a phrase").with_salt(bytes([number]) * 16)[2:66] for number in (1, 2))
    assert first != second
    assert "a phrase" not in first


async def test_a_folder_that_cannot_be_created_names_the_path_and_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable) as caught:
        await open_store(tmp_path / "file" / "cache.db")
    assert str(caught.value).startswith(f"the cache {tmp_path}/file/cache.db cannot be written — ")
    assert "--db" in caught.value.remedy


async def test_what_one_store_writes_another_reads_with_the_same_revision(store: SqliteStore, path: Path) -> None:
    other = await open_store(path)
    written = await store.objects.write(batch(pod("web")))
    assert await other.objects.revision() == written.revision
    assert (await other.objects.write(batch(pod("db")))).revision == written.revision + 1
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS))).rows] == ["db", "web"]
    await other.close()


async def test_the_status_states_the_file_its_size_and_its_objects(store: SqliteStore, path: Path) -> None:
    await store.objects.write(batch(pod("web"), pod("db")))
    status = await store.status()
    assert (status.path, status.objects, status.note) == (str(path), 2, "")
    assert status.revision == await store.objects.revision()


@pytest.fixture
def table(path: Path) -> CacheFile:
    """A file with one table; ``n`` must be unique."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (n INTEGER UNIQUE)")
        connection.execute("PRAGMA journal_mode = WAL")
    return CacheFile(path, 1.0)


async def test_a_job_that_fails_is_rolled_back_alone_and_the_rollback_is_reported(table: CacheFile) -> None:
    rollbacks: list[int] = []
    writer = WriterThread(table.open_writer(), table, lambda: rollbacks.append(1), lambda note: None)

    def insert_twice(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (7)")
        connection.execute("INSERT INTO t VALUES (7)")

    jobs = [
        writer.run(lambda connection: connection.execute("INSERT INTO t VALUES (1)").rowcount),
        writer.run(insert_twice),
        writer.run(lambda connection: connection.execute("INSERT INTO t VALUES (2)").rowcount),
    ]
    first, failed, last = await asyncio.gather(*jobs, return_exceptions=True)
    assert (first, last, rollbacks) == (1, 1, [1])
    assert isinstance(failed, StoreError)
    writer.close()
    with sqlite3.connect(table.path) as connection:
        assert connection.execute("SELECT n FROM t ORDER BY n").fetchall() == [(1,), (2,)]


async def test_closing_the_writer_writes_what_is_queued_and_refuses_the_rest(table: CacheFile) -> None:
    writer = WriterThread(table.open_writer(), table, lambda: None, lambda note: None)
    jobs = [
        asyncio.ensure_future(writer.run(lambda connection, n=n: connection.execute("INSERT INTO t VALUES (?)", (n,)))) for n in range(50)
    ]
    await asyncio.sleep(0)
    writer.close()
    await asyncio.gather(*jobs)
    with pytest.raises(StoreError, match="closed"):
        await writer.run(lambda connection: None)
    with sqlite3.connect(table.path) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)


async def test_a_reader_sees_one_snapshot_while_another_thread_writes(table: CacheFile) -> None:
    readers = ReaderPool(table, 1, lambda: None)
    writer = table.open_writer()
    began, written = threading.Event(), threading.Event()

    def count_twice(connection: sqlite3.Connection) -> tuple[int, int]:
        (before,) = connection.execute("SELECT count(*) FROM t").fetchone()
        began.set()
        assert written.wait(5.0)
        return before, connection.execute("SELECT count(*) FROM t").fetchone()[0]

    counting = asyncio.ensure_future(readers.run(count_twice))
    await asyncio.to_thread(began.wait, 5.0)
    writer.execute("INSERT INTO t VALUES (1)")
    written.set()
    assert await counting == (0, 0)
    assert await readers.run(lambda connection: connection.execute("SELECT count(*) FROM t").fetchone()[0]) == 1
    readers.close()
    writer.close()


@pytest.mark.parametrize("count", [0, 1, 9, 10, 49, 50, 61, 137])
def test_every_line_of_a_bulk_insert_is_written_once_and_in_order(count: int) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a, b)")
    lines = [(number, f"line {number}") for number in range(count)]
    write_many(connection, "INSERT INTO t {rows}", lines)
    assert connection.execute("SELECT a, b FROM t ORDER BY rowid").fetchall() == lines


async def test_a_clock_that_jumps_does_not_expire_what_was_just_confirmed(store: SqliteStore, clock: FixedClock) -> None:
    await store.objects.write(batch(pod("web"), at=clock.now()))
    clock.advance(-500.0)
    assert await store.clean(clock.now()) == 0
    assert (await store.objects.rows(RowQuery(PODS))).total == 1

"""Compression: what is packed comes back unchanged, with and without a dictionary, and as a patch."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite import compression
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.history.zstd_dictionaries import ZstdDictionaries, unpack
from k8sconsole.store.sqlite.store import SqliteStore
from tests.contract.store_objects import PODS, batch, pod

KIND = 1


def body(number: int) -> bytes:
    labels = {f"example.org/label-{each}": f"value of a label {each}" for each in range(20)}
    return msgspec.json.encode({"metadata": {"name": f"web-{number}", "labels": labels}, "status": {"phase": "Running"}})


@pytest.fixture
async def connection(store: SqliteStore, path: Path) -> sqlite3.Connection:
    objects = [msgspec.structs.replace(pod(f"web-{number}"), body=body(number)) for number in range(20)]
    await store.objects.write(batch(*objects))
    assert (await store.objects.rows(RowQuery(PODS))).total == 20
    return CacheFile(path, 1.0).open_writer()


def test_a_body_packed_with_a_dictionary_comes_back_and_is_much_smaller(connection: sqlite3.Connection) -> None:
    packed = ZstdDictionaries().pack(connection, KIND, body(99))
    assert unpack(connection, packed) == body(99)
    assert len(packed) < len(compression.pack(body(99))) / 2


def test_a_body_packed_without_a_dictionary_is_read_too(connection: sqlite3.Connection) -> None:
    assert unpack(connection, compression.pack(body(3))) == body(3)


def test_one_dictionary_serves_all_bodies_of_a_kind_and_another_process_finds_it(connection: sqlite3.Connection) -> None:
    first, second = ZstdDictionaries(), ZstdDictionaries()
    packed = [first.pack(connection, KIND, body(1)), first.pack(connection, KIND, body(2)), second.pack(connection, KIND, body(3))]
    assert connection.execute("SELECT count(*) FROM samples").fetchone() == (1,)
    assert [unpack(connection, each) for each in packed] == [body(1), body(2), body(3)]


def test_a_dictionary_of_few_bodies_is_replaced_when_there_are_more_and_old_bodies_stay_readable(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM objects WHERE id > 2")
    dictionaries = ZstdDictionaries()
    early = dictionaries.pack(connection, KIND, body(50))
    assert connection.execute("SELECT made_of FROM samples").fetchall() == [(2,)]
    connection.execute("UPDATE objects SET kind_id = 7")
    connection.executemany(
        "INSERT INTO objects SELECT ?, 1, namespace, name || ?, uid, resource_version, created_at, observed_at, first_seen_at, revision,"
        " layout_id, owner, labels, cells, extra, changed_at, life_id FROM objects WHERE id = 1",
        [(number, number) for number in range(3, 13)],
    )
    late = [dictionaries.pack(connection, KIND, body(number)) for number in range(20)]
    assert {made_of for (made_of,) in connection.execute("SELECT made_of FROM samples")} == {2, 8}
    assert unpack(connection, early) == body(50)
    assert [unpack(connection, each) for each in late] == [body(number) for number in range(20)]


def test_a_patch_restores_the_state_from_its_base_and_takes_little_space() -> None:
    changed = body(1).replace(b"Running", b"Failed")
    patch = compression.make_patch(body(1), changed)
    assert compression.apply_patch(body(1), patch) == changed
    assert len(patch) < 60


def test_bodies_packed_together_are_the_same_as_bodies_packed_one_by_one() -> None:
    bodies = [body(number) for number in range(5)]
    assert [compression.unpack(each) for each in compression.pack_all(bodies)] == bodies
    assert compression.pack_all([]) == []
    assert compression.unpack(compression.pack_all([body(1)])[0]) == body(1)

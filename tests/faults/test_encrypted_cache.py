# ruff: noqa: ASYNC220, ASYNC240 - preparing a file or a process may block here
"""The encrypted cache file: what it holds, who can open it, and what a wrong key does to it."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from k8sconsole.errors import (
    ConfigurationError,
    PolicyDenied,
    StoreCorrupt,
    StoreError,
    StoreKeyError,
    StoreLocked,
    StoreTooNew,
    UsageError,
)
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey, EncryptedFile
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.schema import SCHEMA_VERSION
from tests.contract.store_objects import HERE, PODS, batch, pod

ROOT = Path(__file__).parents[2]
KEY = CacheKey("it's a phrase that is hard to guess")
OTHER = CacheKey("ab" * 32)
PLANTED = "pod-that-must-not-be-found"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "cache.db"


async def fill(path: Path, count: int = 300, key: CacheKey | None = KEY) -> None:
    store = await open_store(path, key=key)
    await store.objects.write(batch(*(pod(f"p{number:04}") for number in range(count))))
    await store.close()


async def total(path: Path, key: CacheKey | None = KEY) -> int:
    store = await open_store(path, key=key)
    found = (await store.objects.rows(RowQuery(PODS))).total
    await store.close()
    return found or 0


def files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(path.parent.iterdir())}


def shown(path: Path) -> list[str]:
    """The files in which anything of a Kubernetes object, or of the tables, can be read."""
    return [name for name, held in files(path).items() if any(word in held for word in (PLANTED.encode(), b"CREATE TABLE", b"kind"))]


async def test_no_cached_value_can_be_read_in_the_file_or_its_wal_and_only_the_owner_may_open_them(path: Path) -> None:
    store = await open_store(path, key=KEY)
    await store.objects.write(batch(pod(PLANTED, labels={"label": PLANTED})))
    await store.objects.write(batch(pod(PLANTED, version="2", status="Failed")))
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), PLANTED),)))
    assert len((await store.history.versions(ObjectRef(HERE, PODS, Namespace("a"), PLANTED))).versions) == 3
    assert set(files(path)) == {"cache.db", "cache.db-shm", "cache.db-wal"}
    assert len(files(path)["cache.db-wal"]) > 4096
    assert not shown(path)
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    await store.close()
    assert not shown(path)


async def test_a_file_of_an_older_version_is_copied_aside_encrypted_before_it_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with contextlib.closing(EncryptedFile(path, 1.0, KEY).connect("rw")) as connection:
        connection.executescript((Path(__file__).parent / "schema-3.sql").read_text())
    store = await open_store(path, key=KEY)
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS))).rows] == ["p0", "p1", "p2"]
    assert (await store.status()).schema_version == SCHEMA_VERSION
    await store.close()
    assert set(files(path)) == {"cache.db", "cache.db.schema-3"}
    assert not shown(path)
    with contextlib.closing(EncryptedFile(path.with_name("cache.db.schema-3"), 1.0, KEY).connect("ro")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (3,)
        assert copy.execute("SELECT count(*) FROM objects").fetchone() == (3,)


async def test_an_encrypted_file_deleted_while_in_use_is_restored_encrypted(path: Path) -> None:
    store = await open_store(path, key=KEY)
    await store.objects.write(batch(pod(PLANTED)))
    for each in path.parent.iterdir():
        each.unlink()
    assert (await store.objects.rows(RowQuery(PODS))).total == 1
    await store.objects.write(batch(pod("after")))
    assert not shown(path)
    await store.close()
    assert await total(path) == 2


@pytest.mark.parametrize("damaged", [False, True])
async def test_a_wrong_key_is_reported_and_the_file_is_neither_moved_nor_changed(
    path: Path, damaged: bool, capfd: pytest.CaptureFixture
) -> None:
    await fill(path)
    if damaged:
        path.with_name("cache.db.damaged").touch()
    before = files(path)
    with pytest.raises(StoreKeyError, match="key does not open") as caught:
        await open_store(path, key=OTHER)
    assert not isinstance(caught.value, StoreCorrupt)
    assert files(path) == before
    assert capfd.readouterr() == ("", ""), "SQLCipher's own log would be written across the console"
    path.with_name("cache.db.damaged").unlink(missing_ok=True)
    assert await total(path) == 300


@pytest.mark.parametrize("damaged", [False, True])
async def test_an_encrypted_file_is_recognised_without_its_key_and_not_changed(path: Path, damaged: bool) -> None:
    await fill(path)
    if damaged:
        path.with_name("cache.db.damaged").touch()
    before = files(path)
    with pytest.raises(StoreKeyError, match="is encrypted"):
        await open_store(path)
    assert files(path) == before


async def test_a_plain_file_is_refused_with_the_command_that_encrypts_it_and_not_changed(path: Path) -> None:
    await fill(path, key=None)
    before = files(path)
    with pytest.raises(StoreKeyError, match="is not encrypted") as caught:
        await open_store(path, key=KEY)
    assert f"k8sconsole cache encrypt --db {path}" in caught.value.remedy
    assert files(path) == before


async def test_a_file_that_no_key_opens_is_never_renamed(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(os.urandom(8192))
    with pytest.raises(StoreKeyError):
        await open_store(path, key=KEY)
    assert set(files(path)) == {"cache.db"}


async def test_a_file_that_gets_another_key_while_in_use_is_not_taken_for_damaged(path: Path) -> None:
    await fill(path)
    store = await open_store(path, key=KEY)
    elsewhere = path.with_name("elsewhere")
    await fill(elsewhere, key=OTHER)
    elsewhere.replace(path)
    with pytest.raises(StoreKeyError):
        await store.objects.rows(RowQuery(PODS))
    with pytest.raises(StoreKeyError):
        await store.objects.write(batch(pod("web")))
    await store.close()
    assert "cache.db.damaged" not in files(path)


async def test_a_damaged_file_that_the_key_opens_is_renamed_and_rebuilt(path: Path) -> None:
    await fill(path, 3000)
    with path.open("r+b") as file:
        for page in range(4, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xde\xad" * 2048)
    store = await open_store(path, key=KEY)
    if not store.recovered:
        with pytest.raises(StoreCorrupt):
            await store.objects.rows(RowQuery(PODS))
        await store.close()
        store = await open_store(path, key=KEY)
    assert store.recovered
    await store.objects.write(batch(pod(PLANTED)))
    assert (await store.objects.rows(RowQuery(PODS))).total == 1
    await store.close()
    assert not shown(path)


@pytest.mark.parametrize(("change", "refused"), [("user_version = 99", StoreTooNew), ("application_id = 7", StoreError)])
async def test_a_newer_file_and_a_file_of_another_program_are_refused_and_not_changed(path: Path, change: str, refused: type) -> None:
    await fill(path)
    with contextlib.closing(EncryptedFile(path, 1.0, KEY).open_writer()) as connection:
        connection.execute(f"PRAGMA {change}")
    before = path.read_bytes()
    with pytest.raises(refused):
        await open_store(path, key=KEY)
    assert path.read_bytes() == before


async def test_sql_cannot_carry_the_cache_away(path: Path) -> None:
    store = await open_store(path, key=KEY)
    with pytest.raises(PolicyDenied):
        await store.query("SELECT sqlcipher_export('main')")
    await store.close()


async def test_sql_that_would_fill_the_memory_is_cancelled_and_the_store_still_works(path: Path) -> None:
    store = await open_store(path, key=KEY)
    two_megabytes = "replace(" * 21 + "'x'" + ", 'x', 'xx')" * 21
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)"
    with pytest.raises(UsageError, match="too big"):
        await store.query(f"{counting} SELECT max(length(t)) FROM (SELECT DISTINCT {two_megabytes} || i AS t FROM n)", timeout=60.0)
    assert (await store.objects.write(batch(pod("web")))).added == 1
    await store.close()


async def test_a_file_held_by_another_is_waited_for_and_then_named(path: Path) -> None:
    store = await open_store(path, key=KEY, timeout=0.2)
    other = EncryptedFile(path, 0.0, KEY).open_writer()
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="another process"):
        await store.objects.write(batch(pod("web")))
    assert (await store.objects.rows(RowQuery(PODS))).total == 0
    other.execute("ROLLBACK")
    other.close()
    assert (await store.objects.write(batch(pod("web")))).added == 1
    await store.close()


SHARE = """
    import asyncio, os, sys
    from pathlib import Path
    from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
    from k8sconsole.store.sqlite.open import open_store
    from tests.contract.store_objects import batch, pod

    async def main():
        me = sys.argv[2]
        print("ready", flush=True)
        sys.stdin.readline()
        store = await open_store(Path(sys.argv[1]), key=CacheKey(os.environ["SHARED"]))
        holder = await store.sharing.take_lease("scan:here", me, 60.0)
        for turn in range(20):
            await store.objects.write(batch(*(pod(f"{me}-{turn}-{n}") for n in range(10))))
        print(holder, flush=True)
        sys.stdin.readline()
        await store.close()

    asyncio.run(main())
"""


async def test_processes_that_open_a_fresh_file_at_once_share_it_and_one_of_them_holds_the_lease(path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SHARE), str(path)]
    env = {**os.environ, "SHARED": KEY.text}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT, "env": env}
    processes = [subprocess.Popen([*command, name], **pipes) for name in ("one", "two", "three")]
    try:
        assert {process.stdout.readline() for process in processes} == {"ready\n"}
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        holders = {process.stdout.readline().strip() for process in processes}
        assert len(holders) == 1
        assert holders < {"one", "two", "three"}
        store = await open_store(path, key=KEY)
        assert (await store.objects.rows(RowQuery(PODS))).total == 600
        assert await store.sharing.take_lease("scan:here", "me", 60.0) == holders.pop()
        await store.close()
    finally:
        for process in processes:
            process.communicate("done\n", timeout=60)


async def test_two_consoles_whose_file_is_deleted_share_the_restored_file(path: Path) -> None:
    one, two = await open_store(path, key=KEY), await open_store(path, key=KEY)
    path.unlink()
    for number in range(5):
        await asyncio.gather(one.objects.write(batch(pod(f"one-{number}"))), two.objects.write(batch(pod(f"two-{number}"))))
    assert [(await store.objects.rows(RowQuery(PODS))).total for store in (one, two)] == [10, 10]
    await one.close()
    await two.close()


@pytest.mark.parametrize(
    ("key", "words"), [(KEY, "'" + KEY.text.replace("'", "''") + "'"), (OTHER, f"\"x'{OTHER.text}'\"")], ids=["passphrase", "digits"]
)
async def test_sqlciphers_own_shell_opens_the_file_as_the_manual_says(path: Path, key: CacheKey, words: str) -> None:
    await fill(path, 3, key)
    with contextlib.closing(dbapi2.connect(f"file:{path}?mode=ro", uri=True)) as shell:
        shell.execute(f"PRAGMA key = {words}")
        assert shell.execute("SELECT count(*) FROM pods").fetchone() == (3,)
    with contextlib.closing(sqlite3.connect(path)) as plain, pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT count(*) FROM pods")


async def test_a_file_that_sqlcipher_itself_made_is_opened_too(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(dbapi2.connect(str(path), isolation_level=None)) as shell:
        shell.set_key(KEY.text)
        shell.executescript((Path(__file__).parent / "schema-3.sql").read_text())
    assert await total(path) == 3


async def test_without_the_library_the_error_says_how_to_install_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(ConfigurationError) as caught:
        await open_store(path, key=KEY)
    assert "k8sconsole[encryption]" in caught.value.remedy
    assert not path.exists()


def test_a_key_does_not_show_itself() -> None:
    assert KEY.text not in f"{KEY!r} {KEY} {[KEY]}"

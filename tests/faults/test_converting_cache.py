# ruff: noqa: ASYNC220, ASYNC221, ASYNC240 - preparing a file or a process may block here
"""Encrypting and decrypting an existing cache loses no row, even when the conversion fails or is killed."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.errors import StoreError, StoreKeyError, StoreLocked
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.store.port import AuditEntry, RowQuery
from k8sconsole.store.sqlite import convert as converting
from k8sconsole.store.sqlite.convert import decrypt, encrypt
from k8sconsole.store.sqlite.file.header import is_encrypted, is_plain
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey, EncryptedFile
from k8sconsole.store.sqlite.open import open_store
from tests.contract.store_objects import HERE, PODS, batch, pod

ROOT = Path(__file__).parents[2]
KEY = CacheKey("it's a phrase that is hard to guess")
OTHER = CacheKey("ab" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder's" / "cache.db"


async def fill(path: Path, key: CacheKey | None = None) -> None:
    """Writes rows to every table that a console fills, history and audit included."""
    store = await open_store(path, key=key)
    await store.objects.write(batch(*(pod(f"p{number:04}") for number in range(500))))
    await store.objects.write(batch(*(pod(f"p{number:04}", version="2", status="Failed") for number in range(100))))
    await store.objects.write(batch(gone=(DeletedObject(Namespace("a"), "p0001"),)))
    await store.audit.record_calls([AuditEntry(5.0, "r", "me", "cli", "k8s_list_pods", {"namespace": "a"}, "completed", "ok", 1.0)])
    await store.audit.record_figures([(1.0, "hit", 1.0), (2.0, "hit", 0.0)])
    await store.sharing.take_lease("scan:x", "one", 10.0)
    await store.close()


def held(path: Path, key: CacheKey | None) -> dict[str, Any]:
    """Every row of every table, every schema statement, and the versions in the file header."""
    with contextlib.closing(EncryptedFile(path, 1.0, key).connect("rw")) as connection:
        schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        rows = {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for kind, name, _ in schema if kind == "table"}
        facts = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id", "journal_mode")]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return {"schema": schema, "rows": rows, "facts": facts}


def names(path: Path) -> set[str]:
    return {each.name for each in path.parent.iterdir()}


async def test_a_cache_is_encrypted_and_decrypted_with_every_row_it_held(path: Path) -> None:
    await fill(path)
    before = held(path, None)
    assert sum(map(len, before["rows"].values())) > 1000
    assert encrypt(path, KEY) == []
    assert is_encrypted(path)
    assert held(path, KEY) == before
    assert (names(path), stat.S_IMODE(path.stat().st_mode)) == ({"cache.db"}, 0o600)
    assert b"p0002" not in path.read_bytes()
    store = await open_store(path, key=KEY)
    assert len((await store.history.versions(ObjectRef(HERE, PODS, Namespace("a"), "p0001"))).versions) == 3
    assert [entry.tool for entry in await store.audit.entries()] == ["k8s_list_pods"]
    await store.close()
    decrypt(path, KEY)
    assert is_plain(path)
    assert held(path, None) == before
    assert (names(path), stat.S_IMODE(path.stat().st_mode)) == ({"cache.db"}, 0o600)


LEFT_IN_THE_WAL = """
    import asyncio, os, sys
    from pathlib import Path
    from k8sconsole.store.sqlite.open import open_store
    from tests.contract.store_objects import batch, pod

    async def main():
        store = await open_store(Path(sys.argv[1]))
        await store.objects.write(batch(pod("only-in-the-wal")))
        os._exit(0)

    asyncio.run(main())
"""


def leave_in_the_wal(path: Path) -> None:
    """Leaves rows in the WAL, as a killed console does."""
    subprocess.run([sys.executable, "-c", textwrap.dedent(LEFT_IN_THE_WAL), str(path)], cwd=ROOT, check=True, timeout=60)
    assert "cache.db-wal" in names(path)


async def test_rows_that_a_killed_console_left_in_the_wal_are_converted_too(path: Path) -> None:
    leave_in_the_wal(path)
    encrypt(path, KEY)
    assert names(path) == {"cache.db"}
    store = await open_store(path, key=KEY)
    assert [row.name for row in (await store.objects.rows(RowQuery(PODS))).rows] == ["only-in-the-wal"]
    await store.close()


async def test_the_report_names_plain_files_next_to_the_cache(path: Path) -> None:
    await fill(path)
    older = path.with_name("cache.db.schema-3")
    older.write_bytes(path.read_bytes())
    assert encrypt(path, KEY) == [older]


@pytest.mark.parametrize("key", [None, OTHER], ids=["plain", "encrypted"])
async def test_a_cache_that_another_process_has_open_is_not_converted(
    path: Path, key: CacheKey | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "_LOCK_TIMEOUT", 0.2)
    await fill(path, key)
    script = """
        import asyncio, sys
        from pathlib import Path
        from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
        from k8sconsole.store.sqlite.open import open_store

        async def main():
            store = await open_store(Path(sys.argv[1]), key=CacheKey(sys.argv[2]) if sys.argv[2:] else None)
            await store.objects.counts("here")
            await store.query("SELECT 1")
            print("open", flush=True)
            sys.stdin.readline()
            await store.close()

        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path), *([key.text] if key else [])]
    idle = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert idle.stdout is not None
    assert idle.stdout.readline() == "open\n"
    for _ in range(2):
        with pytest.raises(StoreLocked) as caught:
            turn(path, key)
        assert "close every console" in caught.value.remedy
        assert is_plain(path) is (key is None)
    idle.communicate("done\n", timeout=60)
    turn(path, key)
    assert is_plain(path) is (key is not None)


def turn(path: Path, key: CacheKey | None) -> None:
    if key is None:
        encrypt(path, KEY)
    else:
        decrypt(path, key)


async def test_another_key_decrypts_nothing_and_a_file_already_in_the_wanted_form_is_reported(path: Path) -> None:
    with pytest.raises(StoreError, match="no cache"):
        encrypt(path, KEY)
    await fill(path, KEY)
    before = path.read_bytes()
    with pytest.raises(StoreKeyError, match="key does not open"):
        decrypt(path, OTHER)
    with pytest.raises(StoreError, match="already encrypted"):
        encrypt(path, KEY)
    assert (path.read_bytes(), names(path)) == (before, {"cache.db"})
    decrypt(path, KEY)
    with pytest.raises(StoreError, match="not encrypted"):
        decrypt(path, KEY)


async def test_a_database_of_another_program_is_not_encrypted(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(EncryptedFile(path, 1.0, None).connect("rwc")) as connection:
        connection.execute("CREATE TABLE precious (thing)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a cache"):
        encrypt(path, KEY)
    assert path.read_bytes() == before


async def test_an_incomplete_copy_does_not_replace_the_cache(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(path)
    before = held(path, None)
    monkeypatch.setattr(converting, "_count_rows", lambda connection, where, table: where == "main")
    with pytest.raises(StoreError, match="rows are missing"):
        encrypt(path, KEY)
    assert "cache.db.converting" not in names(path)
    assert (await _reopened(path, None))["rows"] == before["rows"]


async def _reopened(path: Path, key: CacheKey | None) -> dict[str, Any]:
    await (await open_store(path, key=key)).close()
    return held(path, key)


KILLED = """
    import os, sys
    from pathlib import Path
    from k8sconsole.store.sqlite import convert as converting
    from k8sconsole.store.sqlite.file.sqlcipher import CacheKey

    before, name = sys.argv[2] == "before", sys.argv[3]
    real = getattr(converting, name)

    def struck(*given):
        if name == "remove_files" and given[0] != Path(sys.argv[1]):
            return real(*given)
        if not before:
            real(*given)
        os._exit(9)

    setattr(converting, name, struck)
    converting.encrypt(Path(sys.argv[1]), CacheKey(sys.argv[4]))
"""


@pytest.mark.parametrize(
    ("when", "where", "encrypted"),
    [
        ("before", "_copy", False),
        ("after", "_copy", False),
        ("before", "_replace_file", False),
        ("after", "remove_files", False),
        ("after", "_replace_file", True),
    ],
)
async def test_a_conversion_that_is_killed_leaves_a_complete_cache_and_the_next_one_succeeds(
    path: Path, when: str, where: str, encrypted: bool
) -> None:
    await fill(path)
    leave_in_the_wal(path)
    shutil.copytree(path.parent, path.parent.with_name("kept"))
    before = held(path.parent.with_name("kept") / "cache.db", None)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(path), when, where, OTHER.text]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 9
    assert is_encrypted(path) is encrypted
    assert await _reopened(path, OTHER if encrypted else None) == before
    if not encrypted:
        encrypt(path, OTHER)
    assert held(path, OTHER) == before
    assert names(path) == {"cache.db"}


MEANWHILE = """
    import asyncio, sys
    from pathlib import Path
    from k8sconsole.errors import StoreKeyError
    from k8sconsole.store.sqlite import open as opening

    real = opening.check_ownership

    def waited(file):
        opening.check_ownership = real
        if sys.argv[2] == "after":
            real(file)
        print("there", flush=True)
        sys.stdin.readline()
        if sys.argv[2] == "before":
            real(file)

    opening.check_ownership = waited
    try:
        asyncio.run(opening.open_store(Path(sys.argv[1]), timeout=60.0))
        print("opened", flush=True)
    except StoreKeyError as error:
        print(error.title, flush=True)
"""


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_console_started_during_a_conversion_waits_and_opens_the_new_file(
    path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """before, after: whether the console first opens the file before or after the replacement."""
    await fill(path)
    command = [sys.executable, "-c", textwrap.dedent(MEANWHILE), str(path), when]
    starting = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert starting.stdin is not None
    assert starting.stdout is not None
    assert starting.stdout.readline() == "there\n"
    real = converting._replace_file

    def late(new: Path, old: Path) -> None:
        starting.stdin.write("go\n")
        starting.stdin.flush()
        time.sleep(1.0)
        assert starting.poll() is None
        real(new, old)

    monkeypatch.setattr(converting, "_replace_file", late)
    encrypt(path, KEY)
    shown, _ = starting.communicate(timeout=60)
    assert "is encrypted" in shown
    assert held(path, KEY)["rows"]


def test_the_commands_encrypt_and_decrypt_and_say_what_to_do_next(tmp_path: Path) -> None:
    def run(*words: str, encryption: str = "environment") -> subprocess.CompletedProcess[str]:
        given = {"CACHE_DB_PATH": str(tmp_path / "cache.db"), "KUBECONFIG": "", "K8SCONSOLE_CACHE_KEY": KEY.text}
        env = {**os.environ, **given, "K8SCONSOLE_CACHE__ENCRYPTION": encryption, "K8SCONSOLE_LOG__FOLDER": str(tmp_path / "logs")}
        command = [sys.executable, "-m", "k8sconsole", "cache", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert run("status", encryption="none").returncode == 0
    refused = run("status")
    assert refused.returncode == 2
    assert "k8sconsole cache encrypt" in refused.stderr
    assert "the cache has no key" in run("encrypt", encryption="none").stderr
    done = run("encrypt")
    assert (done.returncode, "is now encrypted" in done.stderr) == (0, True), done.stderr
    assert run("status").returncode == 0
    assert "is encrypted" in run("status", encryption="none").stderr
    done = run("decrypt")
    assert (done.returncode, "cache.encryption: none" in done.stderr) == (0, True), done.stderr
    assert run("status", encryption="none").returncode == 0

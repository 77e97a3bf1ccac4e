"""The sources of the cache key, and that the key is written nowhere else."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from k8sconsole.config.settings import CacheSettings
from k8sconsole.errors import ConfigurationError
from k8sconsole.runtime.cache_file import key as cache_key
from k8sconsole.runtime.cache_file.key import find_key, read_key
from k8sconsole.store.sqlite.file.header import MARK

SECRET = "a phrase that occurs nowhere else"


class InMemory(KeyringBackend):
    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        found = self.held.get((service, username))
        time.sleep(0.02)  # a real keyring takes its time, too
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def ring() -> Iterator[InMemory]:
    before, ring = keyring.get_keyring(), InMemory()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def command(*words: str) -> CacheSettings:
    return CacheSettings(encryption="command", key_command=words)


async def test_no_key_is_read_for_a_plain_cache(path: Path) -> None:
    assert await find_key(CacheSettings(), path) is None


def test_the_keyring_stores_one_strong_key_and_returns_it_from_then_on(ring: InMemory, path: Path) -> None:
    first = read_key(CacheSettings(encryption="keyring"), path)
    assert ring.held == {("k8sconsole", "cache"): first.text}
    assert len(bytes.fromhex(first.text)) == 32
    assert read_key(CacheSettings(encryption="keyring"), path) == first


def test_consoles_that_read_an_empty_keyring_at_once_get_the_same_key(ring: InMemory, path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: read_key(CacheSettings(encryption="keyring"), path).text, range(8)))
    assert len(set(keys)) == 1


def test_no_new_key_is_created_for_a_file_encrypted_with_another(ring: InMemory, path: Path) -> None:
    path.write_bytes(MARK + os.urandom(4092))
    with pytest.raises(ConfigurationError, match="has no key"):
        read_key(CacheSettings(encryption="keyring"), path)
    assert not ring.held


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_without_a_persistent_keyring_the_error_names_another_source(ring: InMemory, path: Path, backend: type) -> None:
    keyring.set_keyring(backend())
    with pytest.raises(ConfigurationError, match="keyring") as caught:
        read_key(CacheSettings(encryption="keyring"), path)
    assert "K8SCONSOLE_CACHE_KEY" in caught.value.remedy


def test_the_key_is_read_from_the_environment_and_a_missing_variable_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("K8SCONSOLE_CACHE_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="K8SCONSOLE_CACHE_KEY is not set"):
        read_key(CacheSettings(encryption="environment"), path)
    monkeypatch.setenv("K8SCONSOLE_CACHE_KEY", SECRET)
    assert read_key(CacheSettings(encryption="environment"), path).text == SECRET


def test_the_key_command_runs_without_a_shell(path: Path) -> None:
    assert read_key(command("echo", "$HOME `id` ; long enough"), path).text == "$HOME `id` ; long enough"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "key_command is empty"),
        (("k8sconsole-no-such-command",), "No such file"),
        (("sh", "-c", f"echo '{SECRET}'; echo the safe is shut >&2; exit 3"), "the safe is shut"),
        (("sh", "-c", f"echo '{SECRET}'; exit 3"), "ended with 3"),
        (("sh", "-c", f"echo '{SECRET}'; echo more"), "2 lines"),
        (("true",), "0 lines"),
        (("sh", "-c", f"echo '{SECRET}'; exec sleep 60"), "longer than"),
    ],
)
def test_a_failed_key_command_is_reported_with_its_stderr_and_without_its_output(
    path: Path, words: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_key, "_COMMAND_TIMEOUT", 1.0)
    with pytest.raises(ConfigurationError, match=reason) as caught:
        read_key(command(*words), path)
    assert SECRET not in f"{caught.value} {caught.value.__cause__!r}"


def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="too short") as caught:
        read_key(command("echo", "hunter2"), path)
    assert "hunter2" not in str(caught.value)


def run(folder: Path, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
    chosen = {
        "CACHE_DB_PATH": str(folder / "cache.db"),
        "K8SCONSOLE_LOG__FOLDER": str(folder / "logs"),
        "KUBECONFIG": "",
        "HOME": str(folder),
    }
    env = {**os.environ, **chosen, "K8SCONSOLE_LOG__LEVEL": "DEBUG", "K8SCONSOLE_CACHE__ENCRYPTION": "environment", **given}
    command = [sys.executable, "-m", "k8sconsole", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_key_is_in_no_output_no_log_no_setting_and_no_row(tmp_path: Path) -> None:
    asked = ("cache", "query", "SELECT 7 AS seven", "--json")
    done = run(tmp_path, *asked, K8SCONSOLE_CACHE_KEY=SECRET)
    assert json.loads(done.stdout) == [{"seven": 7}], done.stderr
    ran = [run(tmp_path, *words, K8SCONSOLE_CACHE_KEY=SECRET) for words in (("config", "show"), ("doctor", "--debug"), ("cache", "status"))]
    wrong = run(tmp_path, "--debug", *asked, K8SCONSOLE_CACHE_KEY=f"{SECRET} not")
    assert wrong.returncode == 2
    assert "does not open" in wrong.stderr
    assert not [one for one in (done, *ran, wrong) if SECRET in one.stdout + one.stderr]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    rows = run(tmp_path, "cache", "query", "SELECT * FROM audit, figures", K8SCONSOLE_CACHE_KEY=SECRET).stdout
    assert SECRET not in rows


def test_without_a_key_the_commands_say_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "cache", "status", K8SCONSOLE_CACHE_KEY="")
    assert done.returncode == 2
    assert "K8SCONSOLE_CACHE_KEY is not set" in done.stderr
    assert not (tmp_path / "cache.db").exists()

"""The key of an encrypted cache: from the system's keyring, the environment, or a command."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

from k8sconsole.config.settings import CacheSettings
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control
from k8sconsole.store.sqlite.file.header import is_encrypted
from k8sconsole.store.sqlite.file.lock import lock_folder
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey

VARIABLE = "K8SCONSOLE_CACHE_KEY"
SERVICE, ENTRY = "k8sconsole", "cache"
"""The names under which the keyring holds the key; one key serves all caches of a user."""

_SHORTEST = 12
_COMMAND_TIMEOUT = 30.0
_REASON = 500
_ELSEWHERE = f"cache.encryption: environment with {VARIABLE}, or command with cache.key_command"


async def find_key(cache: CacheSettings, path: Path) -> CacheKey | None:
    """Returns the key of the cache at ``path``, None where the settings want no encryption. Raises ConfigurationError."""
    return None if cache.encryption == "none" else await asyncio.to_thread(read_key, cache, path)


def read_key(cache: CacheSettings, path: Path) -> CacheKey:
    """Blocks, because a keyring may ask its owner and a command may be slow. Raises ConfigurationError, also without encryption."""
    if cache.encryption == "keyring":
        text = _from_keyring(path)
    elif cache.encryption == "environment":
        text = _from_environment()
    elif cache.encryption == "command":
        text = _from_command(cache.key_command)
    else:
        raise ConfigurationError("the cache has no key", "cache.encryption is none", "cache.encryption: keyring")
    if len(text) < _SHORTEST:
        raise ConfigurationError("the cache's key is too short", f"at least {_SHORTEST} characters are required", "openssl rand -hex 32")
    return CacheKey(text)


def _from_environment() -> str:
    text = os.environ.get(VARIABLE, "")
    if not text:
        raise ConfigurationError(f"{VARIABLE} is not set", "cache.encryption is environment", f"export {VARIABLE}=$(openssl rand -hex 32)")
    return text


def _from_command(command: tuple[str, ...]) -> str:
    """Returns the one line that the command prints. The error of a failing command shows its stderr, never its output."""
    if not command:
        raise ConfigurationError("cache.key_command is empty", "cache.encryption is command", 'key_command: ["pass", "show", "k8sconsole"]')
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_TIMEOUT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _command_error(command, f"it took longer than {_COMMAND_TIMEOUT:g} s") from None  # its context holds what was printed
    except OSError as cause:
        raise _command_error(command, cause.strerror or str(cause)) from cause
    if done.returncode:
        stderr = done.stderr.decode(errors="replace").strip()
        raise _command_error(command, mask_text(strip_control(stderr))[-_REASON:] or f"it ended with {done.returncode}")
    lines = done.stdout.decode(errors="replace").rstrip("\r\n").splitlines()
    if len(lines) != 1:
        raise _command_error(command, f"it printed {len(lines)} lines where one was expected")
    return lines[0]


def _command_error(command: tuple[str, ...], reason: str) -> ConfigurationError:
    return ConfigurationError(f"cache.key_command gave no key: {command[0]}", reason, "run it by hand")


def _from_keyring(path: Path) -> str:
    """Makes a new key where the keyring has none, except for a file that is encrypted already."""
    import keyring
    from keyring.errors import KeyringError

    try:
        key: str | None = keyring.get_password(SERVICE, ENTRY)
        if not key and not is_encrypted(path):
            key = _make_key(keyring)
    except (KeyringError, OSError) as cause:
        raise ConfigurationError("the system's keyring cannot be used", str(cause) or type(cause).__name__, _ELSEWHERE) from cause
    if not key:
        raise ConfigurationError(
            "the system's keyring has no key for the cache", f"{path} was encrypted with one", f"restore it as {SERVICE}/{ENTRY}"
        )
    return key


def _make_key(keyring: Any) -> str:
    """Makes and stores a key. The lock is there because the second of two keys made at once would lock out the first one's file. The key is
    read back because some keyrings store nothing."""
    import secrets

    with lock_folder(Path.home()):
        if not keyring.get_password(SERVICE, ENTRY):
            keyring.set_password(SERVICE, ENTRY, secrets.token_hex(32))
        key: str | None = keyring.get_password(SERVICE, ENTRY)
    if not key:
        raise ConfigurationError("the system's keyring stores nothing", str(keyring.get_keyring().name), _ELSEWHERE)
    return key

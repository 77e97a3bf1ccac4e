"""Where the key of an encrypted cache comes from: the system's keyring, the environment, or a command."""

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
"""Under which the keyring holds the key: one for all caches of a user."""

_SHORTEST = 12
_COMMAND_WITHIN = 30.0
_REASON = 500
_ELSEWHERE = f"cache.encryption: environment with {VARIABLE}, or command with cache.key_command"


async def find_key(cache: CacheSettings, path: Path) -> CacheKey | None:
    """The key of the cache at ``path``; None where it is not to be encrypted. Raises ConfigurationError."""
    return None if cache.encryption == "none" else await asyncio.to_thread(read_key, cache, path)


def read_key(cache: CacheSettings, path: Path) -> CacheKey:
    """Blocks: a keyring may ask its owner, a command may take its time. Raises ConfigurationError, also where no key is named."""
    if cache.encryption == "keyring":
        text = _from_keyring(path)
    elif cache.encryption == "environment":
        text = _from_environment()
    elif cache.encryption == "command":
        text = _from_command(cache.key_command)
    else:
        raise ConfigurationError("Nothing says where the cache's key comes from", "cache.encryption is none", "cache.encryption: keyring")
    if len(text) < _SHORTEST:
        raise ConfigurationError("The cache's key is too short", f"at least {_SHORTEST} characters are asked for", "openssl rand -hex 32")
    return CacheKey(text)


def _from_environment() -> str:
    text = os.environ.get(VARIABLE, "")
    if not text:
        raise ConfigurationError(f"{VARIABLE} is not set", "cache.encryption is environment", f"export {VARIABLE}=$(openssl rand -hex 32)")
    return text


def _from_command(command: tuple[str, ...]) -> str:
    """What it prints, one line. Told of a command that fails is its stderr, never its output."""
    if not command:
        raise ConfigurationError("cache.key_command is empty", "cache.encryption is command", 'key_command: ["pass", "show", "k8sconsole"]')
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_WITHIN, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _failed(command, f"it took longer than {_COMMAND_WITHIN:g} s") from None  # its context holds what was printed
    except OSError as cause:
        raise _failed(command, cause.strerror or str(cause)) from cause
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()
        raise _failed(command, mask_text(strip_control(told))[-_REASON:] or f"it ended with {done.returncode}")
    lines = done.stdout.decode(errors="replace").rstrip("\r\n").splitlines()
    if len(lines) != 1:
        raise _failed(command, f"it printed {len(lines)} lines where one was expected")
    return lines[0]


def _failed(command: tuple[str, ...], reason: str) -> ConfigurationError:
    return ConfigurationError(f"cache.key_command gave no key: {command[0]}", reason, "run it by hand")


def _from_keyring(path: Path) -> str:
    """A new key is made where there is none yet; never for a file that another one has encrypted."""
    import keyring
    from keyring.errors import KeyringError

    try:
        kept: str | None = keyring.get_password(SERVICE, ENTRY)
        if not kept and not is_encrypted(path):
            kept = _make(keyring)
    except (KeyringError, OSError) as cause:
        raise ConfigurationError("The system's keyring cannot be used", str(cause) or type(cause).__name__, _ELSEWHERE) from cause
    if not kept:
        raise ConfigurationError(
            "The system's keyring holds no key for the cache", f"{path} was encrypted with one", f"put it back as {SERVICE}/{ENTRY}"
        )
    return kept


def _make(keyring: Any) -> str:
    """Alone, since the second of two keys made at once would shut out the first's file; and read back, since some keyrings keep nothing."""
    import secrets

    with lock_folder(Path.home()):
        if not keyring.get_password(SERVICE, ENTRY):
            keyring.set_password(SERVICE, ENTRY, secrets.token_hex(32))
        kept: str | None = keyring.get_password(SERVICE, ENTRY)
    if not kept:
        raise ConfigurationError("The system's keyring keeps nothing", str(keyring.get_keyring().name), _ELSEWHERE)
    return kept

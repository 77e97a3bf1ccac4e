"""Encrypts and decrypts the cache file. No console may be open on it."""

from pathlib import Path

from k8sconsole.config.loader import LoadedSettings, resolve_db_path
from k8sconsole.runtime.cache_file.key import read_key


def encrypt_cache(loaded: LoadedSettings) -> tuple[Path, list[Path]]:
    """Returns the file, and the copies beside it that are still plain. Raises ConfigurationError where no key is available, StoreError."""
    from k8sconsole.store.sqlite.convert import encrypt

    path = resolve_db_path(loaded.settings)
    return path, encrypt(path, read_key(loaded.settings.cache, path))


def decrypt_cache(loaded: LoadedSettings) -> Path:
    """Returns the file. Raises as ``encrypt_cache``."""
    from k8sconsole.store.sqlite.convert import decrypt

    path = resolve_db_path(loaded.settings)
    decrypt(path, read_key(loaded.settings.cache, path))
    return path

"""The cache file encrypted, or made plain again, while no console is open on it."""

from pathlib import Path

from k8sconsole.config.loader import LoadedSettings, resolve_db_path
from k8sconsole.runtime.cache_file.key import read_key


def encrypt_cache(loaded: LoadedSettings) -> tuple[Path, list[Path]]:
    """The file, and those beside it that are still plain. Raises ConfigurationError where no key can be had, StoreError."""
    from k8sconsole.store.sqlite.convert import encrypt

    path = resolve_db_path(loaded.settings)
    return path, encrypt(path, read_key(loaded.settings.cache, path))


def decrypt_cache(loaded: LoadedSettings) -> Path:
    """As ``encrypt_cache``."""
    from k8sconsole.store.sqlite.convert import decrypt

    path = resolve_db_path(loaded.settings)
    decrypt(path, read_key(loaded.settings.cache, path))
    return path

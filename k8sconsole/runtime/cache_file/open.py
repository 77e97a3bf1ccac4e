"""The cache file for this run: the one that was asked for, or, where nobody asked and none can be had, a passing one that says so."""

import asyncio
import tempfile
from pathlib import Path

import msgspec

from k8sconsole.config.loader import LoadedSettings, resolve_db_path
from k8sconsole.config.settings import Settings
from k8sconsole.errors import StoreUnwritable
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import Notice
from k8sconsole.runtime.cache_file.key import find_key
from k8sconsole.store.port import Store
from k8sconsole.store.sqlite.catalog import Lifetimes
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore


class Kept(msgspec.Struct, frozen=True):
    """passing: the folder to remove at the end, when the cache lives only as long as this run."""

    store: Store
    notice: Notice | None = None
    passing: tempfile.TemporaryDirectory[str] | None = None

    async def close(self) -> None:
        await self.store.close()
        if self.passing:
            await asyncio.to_thread(self.passing.cleanup)


async def keep(loaded: LoadedSettings, clock: Clock) -> Kept:
    """Raises StoreUnwritable for a path that somebody chose, StoreTooNew, StoreLocked and StoreKeyError for any, ConfigurationError where
    the key cannot be had."""
    settings = loaded.settings
    path = resolve_db_path(settings)
    try:
        store = await _open(path, settings, clock)
    except StoreUnwritable as problem:
        if "cache.db_path" in loaded.origins:
            raise
        folder = tempfile.TemporaryDirectory(prefix="k8sconsole-")
        passing = await _open(Path(folder.name) / "cache.db", settings, clock)
        return Kept(passing, Notice("the cache lasts only as long as this run", str(problem), "warning"), folder)
    recovered = store.recovered
    return Kept(store, Notice("the cache was rebuilt", recovered, "warning") if recovered else None)


async def _open(path: Path, settings: Settings, clock: Clock) -> SqliteStore:
    cache = settings.cache
    lifetimes = Lifetimes(static=cache.static_ttl, dynamic=cache.dynamic_ttl, history=settings.history)
    readers = min(4, cache.db_max_connections)
    key = await find_key(cache, path)
    return await open_store(path, clock=clock, timeout=cache.db_timeout, readers=readers, lifetimes=lifetimes, key=key)

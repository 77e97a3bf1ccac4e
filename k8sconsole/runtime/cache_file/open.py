"""Opens the cache file of this run. Where the default path cannot be written, the cache is temporary and a notice says so."""

import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
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


class OpenedCache(msgspec.Struct, frozen=True):
    """temporary: the folder to delete at the end, where the cache lasts only as long as this run. notice: what a person should know."""

    store: Store
    notice: Notice | None = None
    temporary: tempfile.TemporaryDirectory[str] | None = None

    async def close(self) -> None:
        await self.store.close()
        if self.temporary:
            await asyncio.to_thread(self.temporary.cleanup)


async def open_cache(loaded: LoadedSettings, clock: Clock, publish: Callable[[Notice], None] = lambda notice: None) -> OpenedCache:
    """publish: called on this loop where another process holds the cache's lock for a second or more, also later.

    Raises StoreUnwritable for a path from the settings, StoreTooNew, StoreLocked and StoreKeyError for any path, ConfigurationError where
    the key is not available.
    """
    settings = loaded.settings
    path = resolve_db_path(settings)
    waiting = Notice(f"waiting for the cache {path}", f"another process holds it; at most {settings.cache.db_timeout:g} s", "warning")
    on_wait = partial(asyncio.get_running_loop().call_soon_threadsafe, publish, waiting)
    try:
        store = await _open_store(path, settings, clock, on_wait)
    except StoreUnwritable as problem:
        if "cache.db_path" in loaded.origins:
            raise
        folder = tempfile.TemporaryDirectory(prefix="k8sconsole-")
        temporary = await _open_store(Path(folder.name) / "cache.db", settings, clock, on_wait)
        return OpenedCache(temporary, Notice("the cache lasts only as long as this run", str(problem), "warning"), folder)
    recovered = store.recovered
    return OpenedCache(store, Notice("the cache was rebuilt", recovered, "warning") if recovered else None)


async def _open_store(path: Path, settings: Settings, clock: Clock, on_wait: Callable[[], object]) -> SqliteStore:
    cache = settings.cache
    lifetimes = Lifetimes(static=cache.static_ttl, dynamic=cache.dynamic_ttl, history=settings.history)
    readers = min(4, cache.db_max_connections)
    key = await find_key(cache, path)
    return await open_store(path, clock=clock, timeout=cache.db_timeout, readers=readers, lifetimes=lifetimes, key=key, on_wait=on_wait)

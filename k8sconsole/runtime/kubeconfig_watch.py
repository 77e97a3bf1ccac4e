"""Watches the kubeconfig files for contexts that appear, disappear or change, and for files that cannot be read."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from k8sconsole.config.file_watch import FileWatch
from k8sconsole.errors import ConsoleError
from k8sconsole.model.events import ContextsChanged, Fact, Notice
from k8sconsole.model.refs import ClusterName
from k8sconsole.runtime.cluster_pool import ClusterPool

log = logging.getLogger("k8sconsole.kubeconfig")


class KubeconfigWatch:
    """Publishes changes, and notifies the open clusters once their files no longer change. Belongs to one loop.

    Where the system has no file watches left, nothing is published; each cluster still checks its files every few seconds."""

    def __init__(self, pool: ClusterPool, publish: Callable[[Fact], None]) -> None:
        self._pool = pool
        self._publish = publish
        self._names: frozenset[ClusterName] | None = None
        self._watches: list[FileWatch] = []
        self._starting: asyncio.Task[None] | None = None
        self._checks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Starts once, however often it is called."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def stop(self) -> None:
        tasks = [*self._checks, *([self._starting] if self._starting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._remove_watches)

    async def check_files(self) -> None:
        """Called when the files have changed and are no longer being written."""
        try:
            names = frozenset(info.name for info in await asyncio.to_thread(self._pool.contexts.list))
        except ConsoleError as problem:
            self._publish(Notice(problem.title, f"{problem.detail}; the contexts read before stay in use", "warning"))
        else:
            self._publish_changes(names)
        await asyncio.gather(*(cluster.kubeconfig_changed() for cluster in self._pool.opened()))

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()

        def changed(path: Path) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._changed)

        self._names = frozenset(await asyncio.to_thread(self._add_watches, changed))

    def _add_watches(self, callback: Callable[[Path], None]) -> list[ClusterName]:
        for path in self._pool.contexts.files():
            try:
                self._watches.append(FileWatch(path, callback, report_deletion=True))
            except OSError as error:
                log.warning("cannot watch %s: %s", path, error.strerror, extra={"operation": "watch"})
        try:
            return [info.name for info in self._pool.contexts.list()]
        except ConsoleError:
            return []

    def _remove_watches(self) -> None:
        for watch in self._watches:
            watch.stop()

    def _changed(self) -> None:
        task = asyncio.get_running_loop().create_task(self.check_files())
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    def _publish_changes(self, names: frozenset[ClusterName]) -> None:
        before, self._names = self._names or frozenset(), names
        added, removed = tuple(sorted(names - before)), tuple(sorted(before - names))
        if added or removed:
            self._publish(ContextsChanged(added, removed))
        for name in sorted({cluster.name for cluster in self._pool.opened()} & set(removed)):
            self._publish(Notice(f"Context {name} is no longer in the kubeconfig", "its cached data is still shown", "warning"))

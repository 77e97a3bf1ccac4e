"""Helpers for one event loop: a part that is built when it is first needed, and tasks in the background."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

log = logging.getLogger("k8sconsole.console")


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Lazy(Generic[C]):
    """Calling it returns the part, which ``make`` builds at the first call. ``close`` closes the part if it was built."""

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._part: C | None = None

    def __call__(self) -> C:
        if self._part is None:
            self._part = self._make()
        return self._part

    async def close(self) -> None:
        if self._part is not None:
            await self._part.close()


class BackgroundTasks:
    """Tasks of one loop that nothing awaits. A failure is logged; ``close`` cancels those that still run."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a background task failed", exc_info=task.exception(), extra={"operation": "background"})

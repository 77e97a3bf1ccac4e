"""The console on a thread and loop of its own, so that a face with its own loop never waits for network, disk or a parser."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

from k8sconsole.model.events import Fact
from k8sconsole.model.tools import Question
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console

T = TypeVar("T")
Opener = Callable[[], Awaitable[Console]]
QUEUE = 2_000


class EmbeddedConsole:
    """start() returns at once; what is asked before the console stands waits for it. All methods may be called from any thread or loop."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._console: asyncio.Future[Console] = self._loop.create_future()

    def start(self) -> None:
        self._thread.start()

    @property
    def stands(self) -> bool:
        """Whether the console is open. False while it opens, and where it could not."""
        done = self._console
        return done.done() and not done.cancelled() and done.exception() is None

    def opened(self, within: float) -> bool:
        """Waits for the console to stand, at most ``within`` seconds; whether it does. Raises what opening it raised."""
        try:
            asyncio.run_coroutine_threadsafe(self._with_console(_itself), self._loop).result(within)
        except TimeoutError:
            return False
        return True

    async def do(self, work: Callable[[Console], Awaitable[T]]) -> T:
        """Runs ``work(console)`` over there and awaits it here; cancelling here cancels there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._with_console(work), self._loop))

    async def stream(self, work: Callable[[Console], AsyncIterator[T]]) -> AsyncIterator[T]:
        """Items of an iterator over there. Closing this one closes that one."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()
        room = asyncio.Semaphore(QUEUE)
        task = asyncio.run_coroutine_threadsafe(self._pump(work, loop, queue, room), self._loop)
        try:
            while True:
                item = await queue.get()
                self._loop.call_soon_threadsafe(room.release)
                if item is _END:
                    break
                yield item
            await asyncio.wrap_future(task)
        finally:
            task.cancel()

    def subscribe(self, listener: Callable[[Fact], None]) -> None:
        """listener runs on the console's thread."""
        self._when_open(lambda console: console.bus.subscribe(listener))

    def questions(self, listener: Callable[[Question], None]) -> None:
        """Whoever listens is the one who can be asked. listener runs on the console's thread."""
        self._when_open(lambda console: console.approvals.subscribe(listener))

    def stop(self, within: float = 5.0) -> None:
        """Closes the console and ends the thread; waits at most ``within`` seconds."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        self._thread.join(within)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._open())
        self._loop.run_forever()
        self._loop.close()

    async def _open(self) -> None:
        try:
            self._console.set_result(await self._opener())
        except Exception as error:  # noqa: BLE001 - travels on to whoever awaits the console
            self._console.set_exception(error)
            # Whoever awaits the console gets the error; nobody awaiting it is no reason for a second report.
            self._console.exception()

    async def _with_console(self, work: Callable[[Console], Awaitable[T]]) -> T:
        return await work(await asyncio.shield(self._console))

    async def _pump(
        self,
        work: Callable[[Console], AsyncIterator[T]],
        loop: asyncio.AbstractEventLoop,
        queue: "asyncio.Queue[Any]",
        room: asyncio.Semaphore,
    ) -> None:
        try:
            console = await asyncio.shield(self._console)
            iterator = work(console)
            async for item in iterator:
                await room.acquire()
                loop.call_soon_threadsafe(queue.put_nowait, item)
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, _END)

    def _when_open(self, then: Callable[[Console], object]) -> None:
        def soon() -> None:
            self._console.add_done_callback(lambda done: None if done.cancelled() or done.exception() else then(done.result()))

        self._loop.call_soon_threadsafe(soon)

    async def _close(self) -> None:
        try:
            console = await asyncio.shield(self._console)
            await console.close()
        finally:
            self._loop.stop()


_END = object()


async def _itself(console: Console) -> Console:
    return console


@contextlib.contextmanager
def start_console(opening: Opening) -> Iterator[EmbeddedConsole]:
    """Starts at once and closes at the end, whatever happens between."""
    embedded = EmbeddedConsole(lambda: Console.open(opening))
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()

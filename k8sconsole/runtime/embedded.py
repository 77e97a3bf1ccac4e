"""The console on a thread and loop of its own, so that a face with its own loop never waits for network, disk or a parser."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, TypeVar, cast

from k8sconsole.errors import Unavailable
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.events import Fact
from k8sconsole.model.tools import Answer, Question
from k8sconsole.runtime.api import CacheApi, ClustersApi, HistoryApi, MetricsApi, ScanningApi, ToolsApi, Unsubscribe
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console

T = TypeVar("T")
S = TypeVar("S")
MOST_QUEUED = 2_000
"""Items of one stream that wait for the face; then the console's side of the stream waits."""


class EmbeddedConsole:
    """Implements ``runtime.api.ConsoleApi`` for another thread. ``start`` returns at once; a call made before the console is open waits
    for it. All methods may be called from any thread or loop. Cancelling a call here cancels it on the console's loop."""

    cache: CacheApi
    history: HistoryApi
    tools: ToolsApi
    clusters: ClustersApi
    scanning: ScanningApi
    metrics: MetricsApi

    def __init__(self, open_console: Callable[[], Awaitable[Console]]) -> None:
        self._open_console = open_console
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._console: asyncio.Future[Console] = self._loop.create_future()
        self.clock = SystemClock()
        self.cache = _remote(self, lambda console: console.cache)
        self.history = _remote(self, lambda console: console.history)
        self.tools = _remote(self, lambda console: console.tools)
        self.clusters = _remote(self, lambda console: console.clusters)
        self.scanning = _remote(self, lambda console: console.scanning)
        self.metrics = _remote(self, lambda console: console.metrics)
        self.events = RemoteEvents(self)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """False while the console opens, and where it could not."""
        done = self._console
        return done.done() and not done.cancelled() and done.exception() is None

    def wait_until_open(self, within: float) -> bool:
        """Waits at most ``within`` seconds; returns whether the console is open. Raises what opening it raised."""
        try:
            asyncio.run_coroutine_threadsafe(self._opened(), self._loop).result(within)
        except TimeoutError:
            return False
        return True

    async def run(self, work: Callable[[Console], Awaitable[T]]) -> T:
        """Runs ``work(console)`` on the console's loop and awaits its result here. Raises Unavailable once the console is closed."""

        async def run_there() -> T:
            return await work(await self._opened())

        if self._loop.is_closed():
            raise Unavailable("the console is closed", "the program is ending", "start k8sconsole again")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run_there(), self._loop))

    async def stream(self, work: Callable[[Console], AsyncIterator[T]]) -> AsyncIterator[T]:
        """Items of an iterator on the console's loop. Closing this iterator closes that one."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()
        room = asyncio.Semaphore(MOST_QUEUED)
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

    def when_open(self, action: Callable[[Console], object]) -> None:
        """Runs ``action(console)`` on the console's loop once the console is open; never where it cannot open."""

        def run(done: "asyncio.Future[Console]") -> None:
            if not done.cancelled() and not done.exception():
                action(done.result())

        self._loop.call_soon_threadsafe(lambda: self._console.add_done_callback(run))

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
        self._loop.run_until_complete(self._cancel_calls())
        self._loop.close()

    async def _cancel_calls(self) -> None:
        """Ends the calls that were made while the console closed. The first pause starts those that are still queued."""
        await asyncio.sleep(0)
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _open(self) -> None:
        try:
            self._console.set_result(await self._open_console())
        except Exception as error:  # noqa: BLE001 - every call that waits for the console raises it
            self._console.set_exception(error)
            # Marks the exception as retrieved: without any call, asyncio would report it a second time.
            self._console.exception()

    async def _opened(self) -> Console:
        return await asyncio.shield(self._console)

    async def _pump(
        self,
        work: Callable[[Console], AsyncIterator[T]],
        loop: asyncio.AbstractEventLoop,
        queue: "asyncio.Queue[Any]",
        room: asyncio.Semaphore,
    ) -> None:
        try:
            async for item in work(await self._opened()):
                await room.acquire()
                loop.call_soon_threadsafe(queue.put_nowait, item)
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, _END)

    async def _close(self) -> None:
        try:
            await (await self._opened()).close()
        finally:
            self._loop.stop()


_END = object()


class RemoteEvents:
    """The EventsApi of a console on another thread. Listeners run on that thread."""

    def __init__(self, embedded: EmbeddedConsole) -> None:
        self._embedded = embedded

    def subscribe(self, listener: Callable[[Fact], None]) -> Unsubscribe:
        return self._subscribe(lambda console: console.events.subscribe(listener))

    def subscribe_questions(self, listener: Callable[[Question], None]) -> Unsubscribe:
        return self._subscribe(lambda console: console.events.subscribe_questions(listener))

    async def answer(self, request_id: str, answer: Answer) -> bool:
        return await self._embedded.run(lambda console: console.events.answer(request_id, answer))

    def _subscribe(self, subscribe: Callable[[Console], Unsubscribe]) -> Unsubscribe:
        subscriptions: list[Unsubscribe] = []
        self._embedded.when_open(lambda console: subscriptions.append(subscribe(console)))
        return lambda: self._embedded.when_open(lambda _: [unsubscribe() for unsubscribe in subscriptions])


class _RemoteCall:
    """One method call, made where it is awaited or iterated: an API's methods are coroutines or asynchronous iterators."""

    def __init__(self, embedded: EmbeddedConsole, call: Callable[[Console], Any]) -> None:
        self._embedded = embedded
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._embedded.run(self._call).__await__()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._embedded.stream(self._call)


class _RemoteTopic:
    def __init__(self, embedded: EmbeddedConsole, select: Callable[[Console], object]) -> None:
        self._embedded = embedded
        self._select = select

    def __getattr__(self, method: str) -> Callable[..., _RemoteCall]:
        return lambda *args, **kwargs: _RemoteCall(self._embedded, lambda console: getattr(self._select(console), method)(*args, **kwargs))


def _remote(embedded: EmbeddedConsole, select: Callable[[Console], S]) -> S:
    """The topic that ``select`` returns, for another thread. Its type is that of the topic: every method has the same arguments and
    result, which is why one proxy serves them all."""
    return cast("S", _RemoteTopic(embedded, select))


@contextlib.contextmanager
def start_console(opening: Opening) -> Iterator[EmbeddedConsole]:
    """Starts a console on its own thread at once, and closes it at the end in every case."""
    embedded = EmbeddedConsole(lambda: Console.open(opening))
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()

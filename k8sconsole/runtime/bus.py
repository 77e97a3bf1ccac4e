"""The bus: facts from the parts that learn them to the parts that listen."""

import asyncio
import logging
from collections.abc import Callable

from k8sconsole.model.events import Fact

Listener = Callable[[Fact], None]
log = logging.getLogger("k8sconsole.bus")


class Bus:
    """``publish`` may be called from any thread. Listeners run on the bus's loop and must return at once. The exception of a listener is
    logged, and the listener stays subscribed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that unsubscribes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def publish(self, fact: Fact) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._deliver, fact)

    def _deliver(self, fact: Fact) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(fact)
            except Exception:
                log.exception("a listener failed", extra={"operation": type(fact).__name__})

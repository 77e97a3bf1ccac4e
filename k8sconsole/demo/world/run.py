"""Runs the controllers: store events are routed to keys, and controllers reconcile the keys."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from k8sconsole.demo.clock import DemoClock, FixedDemoClock
from k8sconsole.demo.history import Subscription
from k8sconsole.demo.status import ApiStatus
from k8sconsole.demo.world.controller import BaseController, ControllerContext, ObjectChange, Router
from k8sconsole.demo.world.controllers.inventory import ALL_CONTROLLERS
from k8sconsole.demo.world.kinds import PODS
from k8sconsole.demo.world.recorder import EventRecorder
from k8sconsole.demo.world.workqueue import Item, WorkQueue

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

_LOG = logging.getLogger(__name__)
# A step with more items than this will never settle.
_MAX_STEP_ITEMS = 200_000
# Items processed before yielding to the event loop; about five milliseconds.
_SLICE = 40
_RETRY = 5.0
_LONGEST_SLEEP = 3600.0


class World:
    """All controllers of one store. Use `step` and `run` with a fixed clock, or `start` and `stop` with a real one, never both."""

    def __init__(
        self,
        store: "ObjectStore",
        clock: DemoClock,
        seed: int,
        *,
        controllers: Sequence[type[BaseController]] = ALL_CONTROLLERS,
        recorder: EventRecorder | None = None,
    ) -> None:
        self.context = ControllerContext(store, clock, seed, recorder)
        self._store = store
        self._clock = clock
        self._queue = WorkQueue()
        self._controllers = {each.name: each for each in (make(self.context) for make in controllers)}
        self._routes: defaultdict[str, list[tuple[str, Router]]] = defaultdict(list)
        for name, controller in self._controllers.items():
            for key, router in controller.routes().items():
                self._routes[key].append((name, router))
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def step(self) -> int:
        """Process all items that are due now. Returns their number. Raises RuntimeError when the controllers never settle."""
        subscription = self._ensure_subscribed()
        self._queue.release_due(self._clock.now())
        processed = 0
        while self._process_next(subscription):
            processed += 1
            if processed > _MAX_STEP_ITEMS:
                raise RuntimeError("the demo's controllers do not come to rest")
        return processed

    def run(self, seconds: float) -> None:
        """Advance a fixed clock from timer to timer for `seconds`. Raises TypeError for a real clock."""
        clock = self._clock
        if not isinstance(clock, FixedDemoClock):
            raise TypeError("only a fixed clock can be moved")
        end = clock.now() + timedelta(seconds=seconds)
        self.step()
        while (due := self._queue.next_due()) is not None and due <= end:
            clock.move_to(due)
            self.step()
        clock.move_to(end)
        self.step()

    async def start(self) -> None:
        """Start the controllers on the running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run_forever(), name="demo-world")

    async def stop(self) -> None:
        """Stop the controllers that `start` started. The store keeps its objects."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.close()

    def close(self) -> None:
        """Unsubscribe from the store."""
        if self._subscription is not None:
            self._store.history.unsubscribe(self._subscription)

    async def _run_forever(self) -> None:
        while True:
            subscription = self._ensure_subscribed()
            self._queue.release_due(self._clock.now())
            processed = 0
            while processed < _SLICE and self._process_next(subscription):
                processed += 1
            if processed == _SLICE:
                await asyncio.sleep(0)
            else:
                await self._wait_for_work(subscription)

    async def _wait_for_work(self, subscription: Subscription) -> None:
        """Wait until a timer is due or the store changes."""
        due = self._queue.next_due()
        seconds = _LONGEST_SLEEP if due is None else (due - self._clock.now()).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, _LONGEST_SLEEP))):
                await subscription.wait()

    def _ensure_subscribed(self) -> Subscription:
        """Subscribe at the start and after a closed subscription, and enqueue every object that is not settled."""
        if self._subscription is None or self._subscription.closed:
            self._subscription = self._store.subscribe()
            for name, controller in self._controllers.items():
                self._enqueue(name, controller.initial_keys())
        return self._subscription

    def _process_next(self, subscription: Subscription) -> bool:
        for event in subscription.take_pending():
            self._route(ObjectChange(event.type, event.resource, event.namespace, event.name, event.raw, event.previous_raw))
        item = self._queue.pop()
        if item is None:
            return False
        self._reconcile(item)
        return True

    def _route(self, change: ObjectChange) -> None:
        if change.resource.key == PODS.key:
            self.context.placement.observe(change.key, change.raw, gone=change.deleted)
        for name, router in (*self._routes[change.resource.key], *self._routes["*"]):
            self._enqueue(name, router(change))

    def _enqueue(self, name: str, keys: Iterable[tuple[str, str]]) -> None:
        for namespace, key in keys:
            self._queue.add((name, namespace, key))

    def _reconcile(self, item: Item) -> None:
        name, *key = item
        retry_after: float | None
        try:
            retry_after = self._controllers[name].reconcile((key[0], key[1]))
        except ApiStatus as refusal:
            _LOG.info("%s %s/%s: %s", name, *key, refusal.message)
            retry_after = _RETRY
        except Exception:  # noqa: BLE001 - an unexpected object must not stop the world; its next change is reconciled
            _LOG.warning("controller %s failed on %s/%s", name, *key, exc_info=True)
            retry_after = None
        if retry_after is not None:
            self._queue.add_at(self._clock.now() + timedelta(seconds=retry_after), item)

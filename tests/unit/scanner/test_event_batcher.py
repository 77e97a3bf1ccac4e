"""A watch is read ahead of the writes, in order, and with a limit."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from k8sconsole.cluster.port import EventType, WatchEvent
from k8sconsole.scanner.reflector.event_batcher import batch_events

MIB = 1 << 20


class Flood:
    """A watch that delivers as fast as it is read. read: how many events were read."""

    def __init__(self, count: int, size: int = 100) -> None:
        self.read = 0
        self._count = count
        self._filling = b"x" * (size - 2)

    async def events(self) -> AsyncIterator[WatchEvent]:
        for _ in range(self._count):
            self.read += 1
            yield WatchEvent(EventType.MODIFIED, msgspec.Raw(b'"' + self._filling + b'"'))


class Slow:
    """A slow writer. taken: how many events it got each time."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.arrived: list[float] = []
        self.may_go_on = asyncio.Event()

    async def take(self, events: list[WatchEvent], at: float) -> None:
        self.taken.append(len(events))
        self.arrived.append(at)
        await self.may_go_on.wait()


async def _until_quiet(flood: Flood) -> int:
    """Waits until reading has stopped. Returns the number of events read."""
    async with asyncio.timeout(10):
        before = -1
        while flood.read != before:
            before = flood.read
            await asyncio.sleep(0.1)
        return before


async def test_events_are_read_ahead_of_the_writes_up_to_a_limit() -> None:
    flood, slow = Flood(200, MIB), Slow()
    following = asyncio.create_task(batch_events(flood.events(), slow.take, time.monotonic))
    assert 12 <= await _until_quiet(flood) <= 20, "some 16 MiB are held, not the whole flood"
    slow.may_go_on.set()
    await following
    assert sum(slow.taken) == flood.read == 200


async def test_waiting_events_are_written_in_batches() -> None:
    flood, slow = Flood(5_000), Slow()
    slow.may_go_on.set()
    await batch_events(flood.events(), slow.take, time.monotonic)
    assert sum(slow.taken) == 5_000
    assert max(slow.taken) <= 1_000


async def test_a_batch_that_waited_has_the_time_of_its_arrival() -> None:
    flood, slow = Flood(3_000), Slow()
    following = asyncio.create_task(batch_events(flood.events(), slow.take, time.monotonic))
    await _until_quiet(flood)
    read = time.monotonic()
    await asyncio.sleep(0.1)
    slow.may_go_on.set()
    await following
    assert len(slow.arrived) == 3
    assert max(slow.arrived) < read


async def test_a_failed_write_ends_the_watch_even_if_it_is_blocked() -> None:
    flood, slow = Flood(200, MIB), Slow()

    async def fail(events: list[WatchEvent], at: float) -> None:
        await slow.take(events, at)
        raise OSError("disk full")

    following = asyncio.create_task(batch_events(flood.events(), fail, time.monotonic))
    await _until_quiet(flood)
    slow.may_go_on.set()
    with pytest.raises(OSError, match="disk full"):
        await following
    assert flood.read < 200


async def test_cancelling_a_watch_that_waits_for_room_completes_only_the_batch_in_progress() -> None:
    flood, slow = Flood(200, MIB), Slow()
    following = asyncio.create_task(batch_events(flood.events(), slow.take, time.monotonic))
    await _until_quiet(flood)
    following.cancel()
    await asyncio.sleep(0.05)
    slow.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert len(slow.taken) == 1

"""Bounds the watches of one cluster: kinds that matter are watched all the time, the others are watched in turns, a moment each.

Every watch occupies a connection, and a cluster may serve hundreds of kinds. A turn resumes where the last one ended, so that it delivers
every change in between, only later. Which kinds are watched all the time follows from what a person looks at and from what changes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from k8sconsole.model.refs import ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.scanner.plan import urgency

TURN_SECONDS = 2.0
"""How long one turn asks the server to watch. The server ends it, so that the next turn reuses the connection."""

_SHORTEST_INTERVAL = 60.0
"""Seconds between two turns of one kind: some 400 kinds then cost seven small requests a second."""

_MIN_HOLD = 600.0
"""Seconds for which a watch of a quiet custom kind is safe from other custom kinds, so that watches are not opened and closed all day."""

_MOST_TURNS = 16
_FEWEST = 4
_BUILTIN = frozenset(resource.name for resource in BUILTIN)
_CUSTOM = 4
"""The rank of custom kinds: behind every urgency of ``scanner.plan``."""


@dataclass
class _Holder:
    """A kind that is watched all the time. active_at: when it last changed, was looked at, or got its slots (monotonic seconds)."""

    connections: int
    active_at: float
    revoked: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Waiting:
    """A kind that is watched in turns. offer: set when it may be watched all the time."""

    connections: int
    offer: asyncio.Event = field(default_factory=asyncio.Event)


class WatchSlots:
    """Divides a cluster's watch connections among its kinds. Belongs to one loop.

    connections: for all watches together. now: the monotonic clock. on_change: called when another number of kinds is watched in turns.
    """

    def __init__(self, connections: int, now: Callable[[], float], on_change: Callable[[], None]) -> None:
        self._now = now
        self._on_change = on_change
        self._holders: dict[ResourceName, _Holder] = {}
        self._waiting: dict[ResourceName, _Waiting] = {}
        self._active_at: dict[ResourceName, float] = {}
        self._focused: frozenset[ResourceName] = frozenset()
        self._turns_running = 0
        self._turn_queue: list[asyncio.Future[None]] = []
        self._connections = connections

    @property
    def in_turns(self) -> int:
        """How many kinds are watched in turns."""
        return len(self._waiting)

    @property
    def interval(self) -> float:
        """Seconds between two turns of one kind."""
        wanted = sum(waiting.connections for waiting in self._waiting.values())
        return max(_SHORTEST_INTERVAL, wanted * TURN_SECONDS / self._turn_slots)

    def resize(self, connections: int) -> None:
        """Another number of connections is available now; watches that no longer fit are revoked."""
        self._connections = connections
        for name in sorted(self._holders, key=self._rank, reverse=True):
            if self._used <= self._lasting:
                break
            self._revoke(name)
        self._wake_waiting()
        self._start_turns()

    def shrink(self) -> None:
        """A quarter fewer connections than are in use now, because no further file can be opened."""
        self.resize(max(_FEWEST, min(self._connections, self._used + self._turns_running) * 3 // 4))

    def focus(self, focused: frozenset[ResourceName]) -> None:
        """These kinds are on the screen: they get slots before all others."""
        for name in self._focused - focused:
            self.mark_active(name)  # what was looked at a moment ago keeps its watch for a while
        self._focused = focused
        for name in focused & self._waiting.keys():
            self._waiting[name].offer.set()

    def mark_active(self, name: ResourceName) -> None:
        """The kind has changed, or a person has looked at it."""
        self._active_at[name] = self._now()
        if name in self._holders:
            self._holders[name].active_at = self._now()

    def try_hold(self, name: ResourceName, connections: int) -> asyncio.Event | None:
        """Takes slots for a lasting watch, from kinds of a lower rank if need be. Returns the event that revokes them, or None.

        A kind that holds slots keeps them, with this number of connections. Release them with ``release``.
        """
        held = self._holders.pop(name, None)
        victims = self._find_victims(name, self._used + connections - self._lasting)
        if victims is None:
            return None
        for victim in victims:
            self._revoke(victim)
        holder = _Holder(connections, self._now()) if held is None else held
        holder.connections = connections
        self._holders[name] = holder
        if self._waiting.pop(name, None) is not None:
            self._wake_waiting()
            self._on_change()
        return holder.revoked

    def release(self, name: ResourceName) -> None:
        """The kind is not watched any more, neither all the time nor in turns."""
        if self._holders.pop(name, None) is not None:
            self._wake_waiting()
        if self._waiting.pop(name, None) is not None:
            self._on_change()

    def join_turns(self, name: ResourceName, connections: int) -> asyncio.Event:
        """The kind is watched in turns from now on, with so many connections. Returns the event that is set when slots are offered."""
        if name not in self._waiting:
            self._waiting[name] = _Waiting(connections)
            self._on_change()
        self._waiting[name].connections = connections
        return self._waiting[name].offer

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for one of the connections for turns and holds it for the block."""
        await self._take_turn()
        try:
            yield
        finally:
            self._end_turn()

    async def _take_turn(self) -> None:
        if self._turns_running < self._turn_slots:
            self._turns_running += 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turn_queue.append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._end_turn()  # the turn was granted at the moment its waiter was cancelled
            raise

    def _end_turn(self) -> None:
        self._turns_running -= 1
        self._start_turns()

    @property
    def _turn_slots(self) -> int:
        return max(1, min(_MOST_TURNS, self._connections // 8))

    @property
    def _lasting(self) -> int:
        """Connections for watches that last."""
        return max(0, self._connections - self._turn_slots)

    @property
    def _used(self) -> int:
        return sum(holder.connections for holder in self._holders.values())

    def _start_turns(self) -> None:
        self._turn_queue = [granted for granted in self._turn_queue if not granted.done()]
        while self._turn_queue and self._turns_running < self._turn_slots:
            self._turns_running += 1
            self._turn_queue.pop(0).set_result(None)

    def _rank(self, name: ResourceName) -> tuple[int, float]:
        """The smallest is watched first: by urgency, then by how lately the kind was active."""
        holder = self._holders.get(name)
        active_at = holder.active_at if holder else self._active_at.get(name, float("-inf"))
        tier = urgency(name, self._focused)
        return (tier if name in self._focused or name in _BUILTIN else _CUSTOM), -active_at

    def _find_victims(self, name: ResourceName, excess: int) -> list[ResourceName] | None:
        """The holders to revoke, so that ``excess`` connections become free; None when too few rank behind the kind."""
        rank, victims = self._rank(name), list[ResourceName]()
        for holder in sorted(self._holders, key=self._rank, reverse=True):
            if excess <= 0:
                break
            other = self._rank(holder)
            if other[0] < rank[0] or (other[0] == rank[0] and not self._is_idle(holder, rank)):
                return None
            victims.append(holder)
            excess -= self._holders[holder].connections
        return victims if excess <= 0 else None

    def _is_idle(self, holder: ResourceName, rank: tuple[int, float]) -> bool:
        """Whether a holder of the same tier gives way: it was quiet for long, and the other kind changed since."""
        active_at = self._holders[holder].active_at
        return -rank[1] > active_at and self._now() - active_at > _MIN_HOLD

    def _revoke(self, name: ResourceName) -> None:
        self._holders.pop(name).revoked.set()

    def _wake_waiting(self) -> None:
        """Offers free slots to the kind that ranks first."""
        if self._waiting and self._used < self._lasting:
            self._waiting[min(self._waiting, key=self._rank)].offer.set()

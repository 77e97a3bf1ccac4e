"""Room for calls that run at the same time. It is bounded in all and for each caller; who finds none waits in turn, and neither many nor
long."""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator

from k8sconsole.errors import RateLimited
from k8sconsole.model.policy import Limits
from k8sconsole.model.tools import Face

Caller = tuple[Face, str]
OURS = frozenset({Face.TUI, Face.CLI, Face.SCANNER})
"""Faces of a person at this machine: a part of the room is theirs alone, and of those who wait they are let in first."""
MOST_CALLERS = 64
"""Callers that may have calls waiting."""
_LONGEST = 60.0
_WEIGHT = 0.1


class Rooms:
    """Lives on one loop."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._inside: Counter[Caller] = Counter()
        self._turns: dict[Caller, deque[asyncio.Future[None]]] = {}
        self._typical = 0.0

    @property
    def running(self) -> int:
        return self._inside.total()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._turns.values()))

    async def enter(self, caller: Caller) -> None:
        """Whoever entered leaves. Raises RateLimited where too many wait already, or none left in time."""
        if caller not in self._turns and self._fits(caller):
            self._inside[caller] += 1
            return
        turn = self._queued(caller)
        try:
            async with asyncio.timeout(self._limits().patience):
                await turn
        except BaseException as ended:
            self._withdraw(caller, turn)
            if isinstance(ended, TimeoutError):
                raise self.refusal(caller, f"none of them ended in {self._limits().patience:g} s") from ended
            raise

    def leave(self, caller: Caller, seconds: float) -> None:
        """After ``seconds`` inside: from how long calls take is told when to try again."""
        self._typical += (seconds - self._typical) * _WEIGHT
        self._out(caller)

    def refusal(self, caller: Caller, why: str) -> RateLimited:
        ahead = len(self._turns.get(caller, ())) + self._inside[caller]
        again = min(_LONGEST, max(1.0, math.ceil(self._typical * ahead / max(1, self._limits().per_caller))))
        title = f"too many calls at once from {caller[1] or caller[0].value}"
        return RateLimited(title, f"{self._inside[caller]} run and {len(self._turns.get(caller, ()))} wait: {why}", again)

    def _queued(self, caller: Caller) -> "asyncio.Future[None]":
        turns = self._turns.get(caller)
        if len(turns or ()) >= self._limits().waiting or (turns is None and len(self._turns) >= MOST_CALLERS):
            raise self.refusal(caller, "no more may wait")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.setdefault(caller, deque()).append(turn)
        return turn

    def _withdraw(self, caller: Caller, turn: "asyncio.Future[None]") -> None:
        """Who gave up waiting: out of the queue, or out of the room where the turn had come at the same moment."""
        if turn.done() and not turn.cancelled():
            self._out(caller)
        elif turns := self._turns.get(caller):
            if turn in turns:
                turns.remove(turn)
            if not turns:
                del self._turns[caller]

    def _out(self, caller: Caller) -> None:
        self._inside[caller] -= 1
        if not self._inside[caller]:
            del self._inside[caller]
        while (following := next(self._next(), None)) is not None:
            self._admit(following)

    def _next(self) -> Iterator[Caller]:
        """Who may come in now: ours first, the others each in turn."""
        yield from sorted(filter(self._fits, self._turns), key=lambda caller: caller[0] not in OURS)

    def _admit(self, caller: Caller) -> None:
        turns = self._turns.pop(caller)
        if not (turn := turns.popleft()).done():
            turn.set_result(None)
            self._inside[caller] += 1
        if turns:
            self._turns[caller] = turns  # behind the others

    def _fits(self, caller: Caller) -> bool:
        limits = self._limits()
        most = max(1, limits.at_once) if caller[0] in OURS else max(1, limits.at_once - limits.at_once // 4)
        return self.running < most and self._inside[caller] < max(1, limits.per_caller)

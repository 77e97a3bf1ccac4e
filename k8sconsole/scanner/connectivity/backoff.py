"""How long to wait before trying again: short at first, with jitter, so that many who failed together do not return together."""

import random

from k8sconsole.kit.clock import Clock

_FIRST = 0.2
_FACTOR = 1.8
_SOON = 3.0
_LATER = 30.0
_PATIENCE = 60.0


class Backoff:
    """From 0.2 s to at most 3 s during the first minute of failing, then to at most 30 s."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None
        self._step = _FIRST

    def reset(self) -> None:
        self._began = None
        self._step = _FIRST

    def next(self) -> float:
        """Seconds to wait now; the next wait is longer."""
        now = self._clock.monotonic()
        if self._began is None:
            self._began = now
        most = _SOON if now - self._began < _PATIENCE else _LATER
        wait = min(self._step, most)
        self._step = min(self._step * _FACTOR, _LATER)
        return wait * random.uniform(0.7, 1.0)

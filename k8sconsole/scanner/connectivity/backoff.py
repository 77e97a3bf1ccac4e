"""How long to wait before a retry: exponential backoff with jitter, so that clients that failed together do not return together."""

import random

from k8sconsole.kit.clock import Clock

_FIRST = 0.2
_FACTOR = 1.8
_FIRST_MINUTE_LIMIT = 3.0
_LIMIT = 30.0
_FIRST_MINUTE = 60.0


class Backoff:
    """Waits grow from 0.2 s to at most 3 s during the first minute of failures, and to at most 30 s after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failing_since: float | None = None
        self._step = _FIRST

    def reset(self) -> None:
        """Starts again with the shortest wait, after a success."""
        self._failing_since = None
        self._step = _FIRST

    def next(self) -> float:
        """Returns the seconds to wait now. The next wait is longer."""
        now = self._clock.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        limit = _FIRST_MINUTE_LIMIT if now - self._failing_since < _FIRST_MINUTE else _LIMIT
        wait = min(self._step, limit)
        self._step = min(self._step * _FACTOR, _LIMIT)
        return wait * random.uniform(0.7, 1.0)

"""What the program measures of itself, over the last while: how many, how long."""

from collections import deque
from collections.abc import Callable


class Figures:
    """Values by name, each with its time; bounded in number and age. Not thread-safe: lives on one loop."""

    def __init__(self, now: Callable[[], float], *, most: int = 2_000, keep: float = 3_600.0) -> None:
        self._now = now
        self._most = most
        self._keep = keep
        self._values: dict[str, deque[tuple[float, float]]] = {}

    def record(self, name: str, value: float = 1.0) -> None:
        values = self._values.setdefault(name, deque(maxlen=self._most))
        at = self._now()
        values.append((at, value))
        while values[0][0] < at - self._keep:
            values.popleft()

    def series(self, name: str, seconds: float, buckets: int) -> list[float]:
        """Counts per equal slice of the last ``seconds``, oldest first."""
        start, width = self._now() - seconds, seconds / buckets
        counts = [0.0] * buckets
        for at, _ in self._values.get(name, ()):
            if at >= start:
                counts[min(buckets - 1, int((at - start) / width))] += 1
        return counts

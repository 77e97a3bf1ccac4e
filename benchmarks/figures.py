"""Many durations as the few figures that are told of them."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

WARM_UP = 5


def told(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds; throughput is per second, one after the other."""
    ordered = sorted(seconds)
    mean = statistics.fmean(ordered)
    p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.95, 0.99))
    return {"count": len(ordered), "mean": mean * 1000, "p95": p95, "p99": p99, "max": ordered[-1] * 1000, "throughput": 1 / mean}


async def alternating(works: Mapping[str, Callable[[], Awaitable[Any]]], times: int) -> dict[str, dict[str, float]]:
    """Several works in turn, so that what the machine does beside them falls on all alike; with their medians."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(WARM_UP + times):
        for name, work in works.items():
            began = perf_counter()
            await work()
            if number >= WARM_UP:
                taken[name].append(perf_counter() - began)
    return {name: {**told(seconds), "median": statistics.median(seconds) * 1000} for name, seconds in taken.items()}


async def timed(work: Callable[[], Awaitable[Any]], times: int) -> dict[str, float]:
    """``work`` again and again, after a warm-up that does not count."""
    taken = []
    for number in range(WARM_UP + times):
        began = perf_counter()
        await work()
        if number >= WARM_UP:
            taken.append(perf_counter() - began)
    return told(taken)

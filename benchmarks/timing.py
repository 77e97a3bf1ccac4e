"""Times a function many times, and summarises the durations."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

WARM_UP = 5


def summarize(seconds: Sequence[float]) -> dict[str, float]:
    """Mean, percentiles and maximum in milliseconds. throughput: calls a second, one after another."""
    ordered = sorted(seconds)
    mean = statistics.fmean(ordered)
    p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.95, 0.99))
    return {"count": len(ordered), "mean": mean * 1000, "p95": p95, "p99": p99, "max": ordered[-1] * 1000, "throughput": 1 / mean}


async def time_in_turn(works: Mapping[str, Callable[[], Awaitable[Any]]], times: int) -> dict[str, dict[str, float]]:
    """Times several functions in turn, so that other load on the machine affects all of them alike. Adds the median."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(WARM_UP + times):
        for name, work in works.items():
            began = perf_counter()
            await work()
            if number >= WARM_UP:
                taken[name].append(perf_counter() - began)
    return {name: {**summarize(seconds), "median": statistics.median(seconds) * 1000} for name, seconds in taken.items()}


async def time_repeatedly(work: Callable[[], Awaitable[Any]], times: int) -> dict[str, float]:
    """Times ``work`` ``times`` times, after a warm-up that does not count."""
    taken = []
    for number in range(WARM_UP + times):
        began = perf_counter()
        await work()
        if number >= WARM_UP:
            taken.append(perf_counter() - began)
    return summarize(taken)

"""Two thousand changes a second, written into etcd: does the cache keep up with a watch that discards every event?"""

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import cache_file
from benchmarks.etcd import PODS, Etcd
from benchmarks.load.etcd_copies import MARK
from benchmarks.load.plan import Plan
from benchmarks.loads import FOLLOW, environment, wait_until_watched
from benchmarks.processes import resident, run_in_background
from benchmarks.timing import summarize

_SETTLE = 240.0
"""Seconds. An API server that fell behind its etcd sends the remaining events later."""
_WARM_UP = 5
_ATTEMPTS = 5
_OF_PODS = "JOIN kinds k ON k.id = v.kind_id WHERE k.resource = 'pods'"


def measure(kubeconfig: Path, etcd: int, cache: Path, *, pods: int, rate: int, seconds: int) -> dict[str, Any]:
    """Changes ``pods`` existing pods in turn. lag: seconds from the last event of the bare watch until the cache has that version."""
    env, folder = environment(kubeconfig, cache), cache.parent
    bare_events, read_times = folder / "bare", folder / "reads"
    cache_file.remove(cache)
    with contextlib.ExitStack() as processes:
        scanner = processes.enter_context(run_in_background(FOLLOW, env, folder / "scanner.log"))
        wait_until_watched(cache, pods)
        bare = [sys.executable, "-m", "benchmarks.bare_watch", str(kubeconfig), str(bare_events)]
        processes.enter_context(run_in_background(bare, env, folder / "bare.log"))
        processes.enter_context(
            run_in_background([sys.executable, "-m", "benchmarks.table_reader", str(cache), str(read_times)], env, folder / "reader.log")
        )
        _wait_until_open(bare_events)
        before = cache_file.size(cache)
        wrote = asyncio.run(_churn(etcd, pods, rate, seconds))
        lag = _measure_lag(bare_events, cache, wrote["last"])
        memory = {"resident": resident(scanner.pid), "peak": resident(scanner.pid, peak=True)}
    return {
        **wrote,
        **lag,
        "reads": _summarize_reads(read_times),
        "memory": memory,
        **_compare_with_history(bare_events, cache),
        "grown": cache_file.size(cache) - before,
    }


async def _churn(port: int, pods: int, rate: int, seconds: int) -> dict[str, Any]:
    async with Etcd(port, connections=16) as etcd:
        keys = [f"{PODS}{app.namespace}/{name}" for app in Plan.of(pods).apps() for name in app.pod_names()]
        stored = dict(zip(keys, await asyncio.gather(*(etcd.get(key) for key in keys)), strict=True))
        began, count, last = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - began) < seconds:
            # Marks start at one: the pods carry mark zero already, and writing the same value would be no change.
            due = [keys[number % pods] for number in range(count, min(int(elapsed * rate) + 1, count + pods))]
            marks = [f"churn-{count + number + 1:09d}".encode() for number in range(len(due))]
            made = await asyncio.gather(*(_put(etcd, key, _marked(stored[key], mark)) for key, mark in zip(due, marks, strict=True)))
            count, last = count + len(due), max([last, *made])
            await asyncio.sleep(0.01)
        return {"written": count, "seconds": time.monotonic() - began, "rate": count / (time.monotonic() - began), "last": last}


async def _put(etcd: Etcd, key: str, value: bytes) -> int:
    """Retries when etcd fails on a slow disk. Returns the resourceVersion."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await etcd.put(key, value)
        except OSError:
            await asyncio.sleep(1.0)
    return await etcd.put(key, value)


def _marked(stored: bytes, mark: bytes) -> bytes:
    """The stored pod with another mark. Marks of an earlier run are replaced, too."""
    at = stored.index(MARK[:6].encode())
    return stored[:at] + mark + stored[at + len(mark) :]


def _wait_until_open(bare_events: Path) -> None:
    deadline = time.monotonic() + 30
    while not bare_events.exists() or not bare_events.read_text().startswith("open"):
        if time.monotonic() > deadline:
            raise TimeoutError("the bare watch did not open within 30 s")
        time.sleep(0.1)


def _measure_lag(bare_events: Path, cache: Path, newest: int) -> dict[str, Any]:
    """Waits until the bare watch and the cache have both reached the newest version, and polls the cache meanwhile."""
    reached: dict[int, float] = {}
    deadline = time.monotonic() + _SETTLE
    while time.monotonic() < deadline and (_last_bare_version(bare_events) < newest or max(reached, default=0) < newest):
        reached.setdefault(cache_file.newest_pod_version(cache), time.time())
        time.sleep(0.1)
    events = _read_events(bare_events)
    last, version = events[-1]
    had = min((at for number, at in reached.items() if number >= version), default=None)
    return {
        "bare_events": len(events),
        "bare_opened": bare_events.read_text().count("open"),
        "bare_lost": bare_events.read_text().count("lost"),
        "lag": None if had is None else max(0.0, had - last),
    }


def _last_bare_version(bare_events: Path) -> int:
    """Reads only the end of the file, which has hundreds of thousands of lines."""
    with bare_events.open("rb") as lines:
        lines.seek(max(0, bare_events.stat().st_size - 1000))
        versions = [line.split()[-1] for line in lines.read().split(b"\n")[1:-1] if line[:1].isdigit()]
    return int(versions[-1]) if versions else 0


def _read_events(bare_events: Path) -> list[tuple[float, int]]:
    whole = bare_events.read_text().rpartition("\n")[0].split("\n")
    pairs = [line.split() for line in whole if line[:1].isdigit()]
    return [(float(at), int(version)) for at, version in pairs if version.isdigit()] or [(0.0, 0)]


def _compare_with_history(bare_events: Path, cache: Path) -> dict[str, Any]:
    """How many versions of the bare watch are in history, and how many of the missing ones lie in a recorded gap."""
    versions = {version: at for at, version in _read_events(bare_events)}
    found = cache_file.query_cache(cache, f"SELECT v.resource_version FROM versions v {_OF_PODS}")
    kept = {int(version) for (version,) in found if version is not None}
    gaps = cache_file.query_cache(cache, f"SELECT v.began, v.ended FROM gaps v {_OF_PODS}")
    missing = [at for version, at in versions.items() if version not in kept]
    in_gaps = [at for at in missing if any(began <= at <= (ended or at) for began, ended in gaps)]
    return {
        "applied": len(versions.keys() & kept),
        "not_applied": len(missing),
        "in_gaps": len(in_gaps),
        "gaps": len(gaps),
        "versions": len(found),
    }


def _summarize_reads(read_times: Path) -> dict[str, float]:
    return summarize([float(line) / 1000 for line in read_times.read_text().split()[_WARM_UP:]])

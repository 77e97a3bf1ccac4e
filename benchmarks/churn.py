"""Two thousand changes a second, written into etcd: whether the cache keeps up with a watch that does nothing else."""

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import cache_file
from benchmarks.etcd import PODS, Etcd
from benchmarks.figures import told
from benchmarks.load.copying import MARK
from benchmarks.load.plan import Plan
from benchmarks.loads import FOLLOW, environment, wait_until_watched
from benchmarks.processes import resident, running

_SETTLE = 240.0
"""Seconds: an API server that was overtaken by its etcd tells the rest later."""
_WARM_UP = 5
_ATTEMPTS = 5
_OF_PODS = "JOIN kinds k ON k.id = v.kind_id WHERE k.resource = 'pods'"


def measure(kubeconfig: Path, etcd: int, cache: Path, *, pods: int, rate: int, seconds: int) -> dict[str, Any]:
    """``pods`` stand already and are changed in turn. lag: seconds from the last event of the bare watch until the cache had it."""
    env, folder = environment(kubeconfig, cache), cache.parent
    heard, times = folder / "bare", folder / "reads"
    cache_file.remove(cache)
    with contextlib.ExitStack() as beside:
        scanner = beside.enter_context(running(FOLLOW, env, folder / "scanner.log"))
        wait_until_watched(cache, pods)
        bare = [sys.executable, "-m", "benchmarks.bare_watch", str(kubeconfig), str(heard)]
        beside.enter_context(running(bare, env, folder / "bare.log"))
        beside.enter_context(
            running([sys.executable, "-m", "benchmarks.patient_reader", str(cache), str(times)], env, folder / "reader.log")
        )
        _ready(heard)
        before = cache_file.size(cache)
        wrote = asyncio.run(_churn(etcd, pods, rate, seconds))
        lag = _lag(heard, cache, wrote["last"])
        memory = {"resident": resident(scanner.pid), "peak": resident(scanner.pid, peak=True)}
    return {**wrote, **lag, "reads": _reads(times), "memory": memory, **_kept(heard, cache), "grown": cache_file.size(cache) - before}


async def _churn(port: int, pods: int, rate: int, seconds: int) -> dict[str, Any]:
    async with Etcd(port, connections=16) as etcd:
        keys = [f"{PODS}{app.namespace}/{name}" for app in Plan.of(pods).apps() for name in app.pod_names()]
        stored = dict(zip(keys, await asyncio.gather(*(etcd.get(key) for key in keys)), strict=True))
        began, count, last = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - began) < seconds:
            # From one on: what stands there already would be no change, and no version of it would be kept.
            due = [keys[number % pods] for number in range(count, min(int(elapsed * rate) + 1, count + pods))]
            marks = [f"churn-{count + number + 1:09d}".encode() for number in range(len(due))]
            made = await asyncio.gather(*(_put(etcd, key, _marked(stored[key], mark)) for key, mark in zip(due, marks, strict=True)))
            count, last = count + len(due), max([last, *made])
            await asyncio.sleep(0.01)
        return {"written": count, "seconds": time.monotonic() - began, "rate": count / (time.monotonic() - began), "last": last}


async def _put(etcd: Etcd, key: str, value: bytes) -> int:
    """Again where etcd gave up on its own disk."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await etcd.put(key, value)
        except OSError:
            await asyncio.sleep(1.0)
    return await etcd.put(key, value)


def _marked(stored: bytes, mark: bytes) -> bytes:
    """What an earlier run wrote there is written over as well."""
    at = stored.index(MARK[:6].encode())
    return stored[:at] + mark + stored[at + len(mark) :]


def _ready(heard: Path) -> None:
    deadline = time.monotonic() + 30
    while not heard.exists() or not heard.read_text().startswith("open"):
        if time.monotonic() > deadline:
            raise TimeoutError("the bare watch did not open within 30 s")
        time.sleep(0.1)


def _lag(heard: Path, cache: Path, newest: int) -> dict[str, Any]:
    """Waits until both have heard of the newest version, looking at the cache all the while."""
    reached: dict[int, float] = {}
    deadline = time.monotonic() + _SETTLE
    while time.monotonic() < deadline and (_heard_last(heard) < newest or max(reached, default=0) < newest):
        reached.setdefault(cache_file.newest_pod(cache), time.time())
        time.sleep(0.1)
    events = _events(heard)
    last, version = events[-1]
    had = min((at for number, at in reached.items() if number >= version), default=None)
    return {
        "bare_events": len(events),
        "bare_opened": heard.read_text().count("open"),
        "bare_lost": heard.read_text().count("lost"),
        "lag": None if had is None else max(0.0, had - last),
    }


def _heard_last(heard: Path) -> int:
    """Of its end alone: there are hundreds of thousands of lines."""
    with heard.open("rb") as lines:
        lines.seek(max(0, heard.stat().st_size - 1000))
        versions = [line.split()[-1] for line in lines.read().split(b"\n")[1:-1] if line[:1].isdigit()]
    return int(versions[-1]) if versions else 0


def _events(heard: Path) -> list[tuple[float, int]]:
    whole = heard.read_text().rpartition("\n")[0].split("\n")
    pairs = [line.split() for line in whole if line[:1].isdigit()]
    return [(float(at), int(version)) for at, version in pairs if version.isdigit()] or [(0.0, 0)]


def _kept(heard: Path, cache: Path) -> dict[str, Any]:
    """Of what the bare watch heard: how much the history holds, and of what it lacks, how much lies in a gap that it tells of."""
    versions = {version: at for at, version in _events(heard)}
    found = cache_file.ask(cache, f"SELECT v.resource_version FROM versions v {_OF_PODS}")
    kept = {int(version) for (version,) in found if version is not None}
    gaps = cache_file.ask(cache, f"SELECT v.began, v.ended FROM gaps v {_OF_PODS}")
    lacking = [at for version, at in versions.items() if version not in kept]
    told = [at for at in lacking if any(began <= at <= (ended or at) for began, ended in gaps)]
    return {
        "applied": len(versions.keys() & kept),
        "not_applied": len(lacking),
        "told": len(told),
        "gaps": len(gaps),
        "versions": len(found),
    }


def _reads(times: Path) -> dict[str, float]:
    return told([float(line) / 1000 for line in times.read_text().split()[_WARM_UP:]])

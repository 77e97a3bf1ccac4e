"""What an encrypted cache costs compared with a plain one: scans of the demo cluster, and writes and reads of the same pods, in pairs."""

import asyncio
import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks import cache_file
from benchmarks.history import HERE, PODS, first_batches
from benchmarks.processes import run
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
from k8sconsole.store.sqlite.open import open_store

_READS = 100
_KEY = "5eed" * 16
_ENCRYPTED = {"K8SCONSOLE_CACHE__ENCRYPTION": "environment", "K8SCONSOLE_CACHE_KEY": _KEY}


def measure(cache: Path, *, pods: int, runs: int) -> dict[str, Any]:
    """The two runs of a pair follow one another directly. The encrypted run comes first in every second pair."""
    with DemoCluster.in_thread("large", size=pods) as demo:
        env = {**os.environ, "KUBECONFIG": str(demo.kubeconfig), "CACHE_DB_PATH": str(cache)}
        scans = [_run_pair(lambda given: _time_scan(cache, env | given), turn) for turn in range(runs)]
    stored = [
        _run_pair(lambda given: asyncio.run(_time_store(cache, pods, CacheKey(_KEY) if given else None)), turn) for turn in range(runs)
    ]
    cache_file.remove(cache)
    return (
        {"pods": pods}
        | {name: _ratios(name, scans) for name in ("wall", "cpu")}
        | {name: _ratios(name, stored) for name in ("write", "read", "bytes")}
    )


def _run_pair(work: Any, turn: int) -> tuple[Any, Any]:
    """Returns (plain, encrypted)."""
    if turn % 2:
        encrypted = work(_ENCRYPTED)
        return work({}), encrypted
    return work({}), work(_ENCRYPTED)


def _ratios(name: str, measured: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, Any]:
    pairs = [(plain[name], encrypted[name]) for plain, encrypted in measured]
    ratios = [encrypted / plain for plain, encrypted in pairs]
    return {"pairs": pairs, "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def _time_scan(cache: Path, env: Mapping[str, str]) -> dict[str, float]:
    """Scans every kind into an empty cache. Returns wall and processor seconds of the whole process."""
    cache_file.remove(cache)
    done = run([sys.executable, "-m", "k8sconsole", "cache", "refresh"], env)
    return {"wall": done.wall, "cpu": done.cpu}


async def _time_store(cache: Path, pods: int, key: CacheKey | None) -> dict[str, float]:
    """Processor seconds to write the pods and to read one namespace as a table a hundred times; bytes of the closed file."""
    cache_file.remove(cache)
    written = list(first_batches(pods))
    store = await open_store(cache, key=key)
    began = process_time()
    for each in written:
        await store.objects.write(each)
    wrote = process_time()
    query = RowQuery(PODS.name, clusters=(HERE,), namespaces=(written[0].objects[0].namespace,))
    for _ in range(_READS):
        await store.objects.rows(query)
    read = process_time()
    await store.close()
    return {"write": wrote - began, "read": read - wrote, "bytes": cache_file.size(cache)}

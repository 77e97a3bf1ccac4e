"""What an encrypted cache costs beside a plain one: the demo cluster scanned, the same pods written and read, in pairs."""

import asyncio
import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks import cache_file
from benchmarks.past import HERE, PODS, first_batches
from benchmarks.processes import run
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey
from k8sconsole.store.sqlite.open import open_store

_READS = 100
_KEY = "5eed" * 16
_ENCRYPTED = {"K8SCONSOLE_CACHE__ENCRYPTION": "environment", "K8SCONSOLE_CACHE_KEY": _KEY}


def measure(cache: Path, *, pods: int, runs: int) -> dict[str, Any]:
    """Each ratio is of two neighbours in time, and the encrypted one comes first in every other pair."""
    with DemoCluster.in_thread("large", size=pods) as demo:
        env = {**os.environ, "KUBECONFIG": str(demo.kubeconfig), "CACHE_DB_PATH": str(cache)}
        scans = [_pair(lambda given: _scan(cache, env | given), turn) for turn in range(runs)]
    kept = [_pair(lambda given: asyncio.run(_keep(cache, pods, CacheKey(_KEY) if given else None)), turn) for turn in range(runs)]
    cache_file.remove(cache)
    return (
        {"pods": pods}
        | {name: _ratios(name, scans) for name in ("wall", "cpu")}
        | {name: _ratios(name, kept) for name in ("write", "read", "bytes")}
    )


def _pair(work: Any, turn: int) -> tuple[Any, Any]:
    """(plain, encrypted)"""
    if turn % 2:
        encrypted = work(_ENCRYPTED)
        return work({}), encrypted
    return work({}), work(_ENCRYPTED)


def _ratios(name: str, measured: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, Any]:
    pairs = [(plain[name], encrypted[name]) for plain, encrypted in measured]
    ratios = [encrypted / plain for plain, encrypted in pairs]
    return {"pairs": pairs, "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def _scan(cache: Path, env: Mapping[str, str]) -> dict[str, float]:
    """Of every kind, into an empty cache: seconds of the whole process, by the clock and of the processor."""
    cache_file.remove(cache)
    done = run([sys.executable, "-m", "k8sconsole", "cache", "refresh"], env)
    return {"wall": done.wall, "cpu": done.cpu}


async def _keep(cache: Path, pods: int, key: CacheKey | None) -> dict[str, float]:
    """Seconds of the processor to write the pods, and to read a namespace of them as a table a hundred times; bytes once closed."""
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

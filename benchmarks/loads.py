"""What 1 000, 10 000 and 50 000 pods cost: download, scan, memory, disk and read."""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import cache_file
from benchmarks.etcd import Etcd
from benchmarks.load.client import Client, Target
from benchmarks.load.etcd_copies import fill
from benchmarks.load.plan import Plan
from benchmarks.processes import CommandFailed, Finished, resident, run, run_in_background
from benchmarks.timing import time_repeatedly
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.refs import Namespace, ResourceName
from k8sconsole.store.sqlite.open import open_store

SCAN = [sys.executable, "-m", "k8sconsole", "cache", "refresh", "pods"]
FOLLOW = [sys.executable, "-m", "k8sconsole", "scan"]
_PATIENCE = 240.0
_REST = 20.0
"""Seconds after which the memory of the first scan has been returned to the system."""


def measure(kubeconfig: Path, etcd: int, cache: Path, sizes: list[int], runs: int) -> dict[str, Any]:
    """Measures one size after another on one cluster, smallest first.

    seconds_a_thousand_more_pods: the slope between the smallest and the largest size, in wall and in processor seconds.
    """
    found: dict[str, Any] = {}
    existing = 0
    for pods in sorted(sizes):
        made = asyncio.run(load(kubeconfig, etcd, pods, existing))
        found[str(pods)] = {"load": made, **_measure_size(kubeconfig, cache, pods, runs)}
        existing = pods
    least, most = (found[str(pods)]["scan"] for pods in (min(sizes), max(sizes)))
    spent = {figure: (most[figure] - least[figure]) / (max(sizes) - min(sizes)) * 1000 for figure in ("wall", "cpu") if len(sizes) > 1}
    return {"sizes": found, "seconds_a_thousand_more_pods": spent}


async def load(kubeconfig: Path, etcd: int, pods: int, existing: int = 0) -> dict[str, Any]:
    async with Client(Target.of(kubeconfig), 32) as client, Etcd(etcd) as store:
        return await fill(client, store, Plan.of(pods), existing=existing)


def environment(kubeconfig: Path, cache: Path) -> dict[str, str]:
    log = {"K8SCONSOLE_LOG__FOLDER": str(cache.parent / "logs")}
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache), **log}


def _measure_size(kubeconfig: Path, cache: Path, pods: int, runs: int) -> dict[str, Any]:
    env = environment(kubeconfig, cache)
    raw, scans = [], []
    _wait_until_listable(kubeconfig, env)
    for _ in range(runs):
        raw.append(json.loads(_download(kubeconfig, env).output))
        cache_file.remove(cache)
        scans.append(run(SCAN, env))
    stored = cache_file.size(cache)
    scan = {figure: statistics.median(getattr(one, figure) for one in scans) for figure in ("wall", "cpu", "peak")}
    download = statistics.median(one["seconds"] for one in raw)
    return {
        "raw": raw,
        "scan": {**scan, "all": [vars(one) | {"output": ""} for one in scans]} | {"over_raw": scan["wall"] / download},
        "bytes_on_disk": stored,
        "headless": _measure_headless(env, cache, pods),
        "read": asyncio.run(read(cache)),
    }


def _download(kubeconfig: Path, env: dict[str, str]) -> Finished:
    return run([sys.executable, "-m", "benchmarks.raw_download", str(kubeconfig), "/api/v1/pods"], env)


def _wait_until_listable(kubeconfig: Path, env: dict[str, str], tries: int = 4) -> None:
    """Waits until the API server serves the whole list. After tens of thousands of writes it may answer 504. Raises CommandFailed."""
    for left in reversed(range(tries)):
        try:
            _download(kubeconfig, env)
        except CommandFailed:
            if not left:
                raise
            time.sleep(_REST)
        else:
            return


def _measure_headless(env: dict[str, str], cache: Path, pods: int) -> dict[str, float]:
    """A headless scanner from an empty file until it watches every kind, and then idle. Seconds and MiB."""
    cache_file.remove(cache)
    began = time.monotonic()
    with run_in_background(FOLLOW, env, cache.parent / "scanner.log") as scanner:
        wait_until_watched(cache, pods)
        ready = time.monotonic() - began
        time.sleep(_REST)
        return {
            "ready": ready,
            "resident": resident(scanner.pid),
            "peak": resident(scanner.pid, peak=True),
            "bytes": cache_file.size(cache),
        }


def wait_until_watched(cache: Path, pods: int) -> None:
    """Waits until the scanner watches pods and has stored ``pods`` of them. Raises TimeoutError."""
    deadline = time.monotonic() + _PATIENCE
    while not (cache_file.is_watched(cache) and cache_file.count_pods(cache) >= pods):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{cache_file.count_pods(cache)} of {pods} pods after {_PATIENCE} s")
        time.sleep(0.2)


async def read(cache: Path, times: int = 200) -> dict[str, Any]:
    """Times reading the table of one namespace. Milliseconds."""
    store = await open_store(cache)
    try:
        query = RowQuery(ResourceName("pods"), namespaces=(Namespace("load-00"),))
        return {"rows": (await store.objects.rows(query)).total, **await time_repeatedly(lambda: store.objects.rows(query), times)}
    finally:
        await store.close()

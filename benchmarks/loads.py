"""What a thousand, ten thousand and fifty thousand pods cost: to download, to scan, to hold in memory and on disk, to read."""

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
from benchmarks.figures import timed
from benchmarks.load.client import Client, Target
from benchmarks.load.copying import fill
from benchmarks.load.plan import Plan
from benchmarks.processes import CommandFailed, Finished, resident, run, running
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.refs import Namespace, ResourceName
from k8sconsole.store.sqlite.open import open_store

SCAN = [sys.executable, "-m", "k8sconsole", "cache", "refresh", "pods"]
FOLLOW = [sys.executable, "-m", "k8sconsole", "scan"]
_PATIENCE = 240.0
_REST = 20.0
"""Seconds after which what a first read needed has been given back."""


def measure(kubeconfig: Path, etcd: int, cache: Path, sizes: list[int], runs: int) -> dict[str, Any]:
    """One size after the other on one cluster. ``linearity``: seconds a pod at the largest ÷ at the smallest, processor time too."""
    found: dict[str, Any] = {}
    standing = 0
    for pods in sorted(sizes):
        made = asyncio.run(load(kubeconfig, etcd, pods, standing))
        found[str(pods)] = {"load": made, **_one(kubeconfig, cache, pods, runs)}
        standing = pods
    least, most = (found[str(pods)]["scan"] for pods in (min(sizes), max(sizes)))
    spent = {what: (most[what] - least[what]) / (max(sizes) - min(sizes)) * 1000 for what in ("wall", "cpu") if len(sizes) > 1}
    return {"sizes": found, "seconds_a_thousand_more_pods": spent}


async def load(kubeconfig: Path, etcd: int, pods: int, standing: int = 0) -> dict[str, Any]:
    async with Client(Target.of(kubeconfig), 32) as client, Etcd(etcd) as store:
        return await fill(client, store, Plan.of(pods), standing=standing)


def environment(kubeconfig: Path, cache: Path) -> dict[str, str]:
    log = {"K8SCONSOLE_LOG__FOLDER": str(cache.parent / "logs")}
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache), **log}


def _one(kubeconfig: Path, cache: Path, pods: int, runs: int) -> dict[str, Any]:
    env = environment(kubeconfig, cache)
    raw, scans = [], []
    _settle(kubeconfig, env)
    for _ in range(runs):
        raw.append(json.loads(_download(kubeconfig, env).output))
        cache_file.remove(cache)
        scans.append(run(SCAN, env))
    stored = cache_file.size(cache)
    scan = {what: statistics.median(getattr(one, what) for one in scans) for what in ("wall", "cpu", "peak")}
    download = statistics.median(one["seconds"] for one in raw)
    return {
        "raw": raw,
        "scan": {**scan, "all": [vars(one) | {"output": ""} for one in scans]} | {"over_raw": scan["wall"] / download},
        "bytes_on_disk": stored,
        "headless": _headless(env, cache, pods),
        "read": asyncio.run(read(cache)),
    }


def _download(kubeconfig: Path, env: dict[str, str]) -> Finished:
    return run([sys.executable, "-m", "benchmarks.raw_download", str(kubeconfig), "/api/v1/pods"], env)


def _settle(kubeconfig: Path, env: dict[str, str], tries: int = 4) -> None:
    """Until the whole list is served: right after tens of thousands of objects an API server may answer 504. Raises CommandFailed."""
    for left in reversed(range(tries)):
        try:
            _download(kubeconfig, env)
        except CommandFailed:
            if not left:
                raise
            time.sleep(_REST)
        else:
            return


def _headless(env: dict[str, str], cache: Path, pods: int) -> dict[str, float]:
    """From an empty file until everything is watched, and then at rest. Seconds and MiB."""
    cache_file.remove(cache)
    began = time.monotonic()
    with running(FOLLOW, env, cache.parent / "scanner.log") as scanner:
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
    """Raises TimeoutError."""
    deadline = time.monotonic() + _PATIENCE
    while not (cache_file.watched(cache) and cache_file.pods(cache) >= pods):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{cache_file.pods(cache)} of {pods} pods after {_PATIENCE} s")
        time.sleep(0.2)


async def read(cache: Path, times: int = 200) -> dict[str, Any]:
    """The table of one namespace; milliseconds."""
    store = await open_store(cache)
    try:
        query = RowQuery(ResourceName("pods"), namespaces=(Namespace("load-00"),))
        return {"rows": (await store.objects.rows(query)).total, **await timed(lambda: store.objects.rows(query), times)}
    finally:
        await store.close()

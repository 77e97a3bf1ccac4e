"""How long a scan takes compared with the least work possible: a download of the same list."""

import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.processes import Finished, run


def measure(kubeconfig: Path, kubectl: Path, cache: Path, runs: int) -> dict[str, Any]:
    """Repeats in turn, ``runs`` times: raw download, scan into an empty cache, scan of the unchanged cluster. kubectl's JSON once."""
    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache)}
    raw, first, again = [], [], []
    for _ in range(runs):
        raw.append(run([sys.executable, "-m", "benchmarks.raw_download", str(kubeconfig), "/api/v1/pods"], env))
        for file in cache.parent.glob(f"{cache.name}*"):
            file.unlink()
        first.append(run(_scan_command(), env))
        again.append(run(_scan_command(), env))
    listed = run([str(kubectl), "get", "pods", "-A", "-o", "json"], env, capture=False)
    median = statistics.median(one.wall for one in raw)
    return {
        "raw_download": _figures(raw) | {"transfer": [json.loads(one.output) for one in raw]},
        "first_scan": _figures(first),
        "second_scan": _figures(again),
        "kubectl_json": _figures([listed]),
        "first_scan_over_raw": statistics.median(one.wall for one in first) / median,
        "second_scan_over_raw": statistics.median(one.wall for one in again) / median,
        "first_scan_over_kubectl": statistics.median(one.wall for one in first) / listed.wall,
        "cache_bytes": sum(file.stat().st_size for file in cache.parent.glob(f"{cache.name}*")),
    }


def _scan_command() -> list[str]:
    return [sys.executable, "-m", "k8sconsole", "cache", "refresh", "pods"]


def _figures(finished: list[Finished]) -> dict[str, Any]:
    return {"wall": [one.wall for one in finished], "cpu": [one.cpu for one in finished], "peak_mib": [one.peak for one in finished]}

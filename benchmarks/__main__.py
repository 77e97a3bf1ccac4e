"""``make bench``: start real control planes, load them, measure, keep the raw results, print the figures beside what is wanted."""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import calls, churn, console, encryption, loads, past, scanning, serving, suggestions
from benchmarks.wanted import lines
from tests.control_plane.plane import ControlPlane, Options

RESULTS = Path(__file__).parent / "results"
PARTS = ("scan", "console", "mcp", "churn", "loads", "history", "calls", "suggestions", "encryption")
BARE = Options(name="bench", nodes=0, controllers=False, scheduler=False, kwok=False, apiserver_flags=("--max-requests-inflight=3000",))
"""etcd and an API server: nobody there would take pods that were written into etcd for lost."""


def main() -> int:
    asked = _arguments()
    result: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pods": asked.pods,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, figures in _measured(asked, Path(folder) / "cache.db"):
            result[name] = figures
            _keep(result)
    for line in lines(result):
        print(line)
    return 0


def _measured(asked: argparse.Namespace, cache: Path) -> Iterator[tuple[str, Any]]:
    if {"scan", "console", "mcp", "churn"} & asked.only:
        with _cluster(asked) as (kubeconfig, kubectl, etcd):
            if "scan" in asked.only:
                yield "scanning", _said("scan", scanning.measure(kubeconfig, kubectl, cache, asked.runs))
            if "console" in asked.only:
                yield "console", _said("console", console.measure(kubeconfig, cache, asked.pods))
            if "mcp" in asked.only:
                yield "serving", _said("mcp", serving.measure(kubeconfig, cache))
            if "churn" in asked.only:
                pods, rate, seconds = asked.pods, asked.rate, asked.seconds
                yield "churn", _said("churn", churn.measure(kubeconfig, etcd, cache, pods=pods, rate=rate, seconds=seconds))
    if "loads" in asked.only:
        with ControlPlane(BARE) as plane:
            yield "loads", _said("loads", loads.measure(plane.kubeconfig, plane.site.ports.etcd, cache, asked.sizes, asked.runs))
    if "history" in asked.only:
        yield "history", _said("history", past.measure(cache, pods=asked.pods, versions=asked.versions))
    if "calls" in asked.only:
        yield "calls", _said("calls", calls.measure(cache, pods=asked.pods))
    if "suggestions" in asked.only:
        yield "suggestions", _said("suggestions", suggestions.measure(cache, pods=asked.pods))
    if "encryption" in asked.only:
        yield "encryption", _said("encryption", encryption.measure(cache, pods=asked.pods, runs=asked.runs))


def _said(name: str, figures: Any) -> Any:
    print(f"{name}: measured", file=sys.stderr, flush=True)
    return figures


@contextlib.contextmanager
def _cluster(asked: argparse.Namespace) -> Iterator[tuple[Path, Path, int]]:
    """kubeconfig, kubectl and etcd's port: of the cluster that was named (port 0), or of one of our own, loaded."""
    if asked.kubeconfig:
        yield asked.kubeconfig, Path("kubectl"), 0
        return
    with ControlPlane(BARE) as plane:
        etcd = plane.site.ports.etcd
        asyncio.run(loads.load(plane.kubeconfig, etcd, asked.pods))
        yield plane.kubeconfig, plane.kubectl_path, etcd


def _keep(result: dict[str, Any]) -> None:
    """After every part: a long run that breaks off has not been for nothing."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result['at'].replace(':', '')}-{result['pods']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"raw results: {path}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the console on a real control plane.")
    parser.add_argument("--only", type=_parts, default=frozenset(PARTS), help=f"some of {','.join(PARTS)} (default: all)")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each scan (default: %(default)s)")
    parser.add_argument("--sizes", type=_numbers, default=[1_000, 10_000, 50_000], help="loads, in pods (default: 1000,10000,50000)")
    parser.add_argument("--rate", type=int, default=2_000, help="changes a second in churn (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=300, help="how long churn lasts (default: %(default)s)")
    parser.add_argument("--versions", type=int, default=1_000_000, help="versions in history (default: %(default)s)")
    parser.add_argument("--kubeconfig", type=Path, help="scan, console and mcp on this loaded cluster instead of a new one")
    asked = parser.parse_args()
    if asked.kubeconfig:
        asked.only &= {"scan", "console", "mcp"}
    return asked


def _parts(text: str) -> frozenset[str]:
    """Raises ArgumentTypeError for a part that there is not."""
    parts = frozenset(text.split(","))
    if parts - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(parts - set(PARTS)))}: not one of {', '.join(PARTS)}")
    return parts


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())

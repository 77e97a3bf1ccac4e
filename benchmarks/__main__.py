"""``make bench``: starts control planes, loads them, measures, writes the raw results, and prints each figure next to its target."""

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

from benchmarks import calls, churn, console, encryption, history, loads, mcp_server, scan, suggestions
from benchmarks.report import format_report
from tests.control_plane.plane import ControlPlane, Options

RESULTS = Path(__file__).parent / "results"
PARTS = ("scan", "console", "mcp", "churn", "loads", "history", "calls", "suggestions", "encryption")
BARE = Options(name="bench", nodes=0, controllers=False, scheduler=False, kwok=False, apiserver_flags=("--max-requests-inflight=3000",))
"""etcd and an API server alone. A controller manager would delete pods that were written into etcd directly."""


def main() -> int:
    arguments = _parse_arguments()
    result: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pods": arguments.pods,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, figures in _run_parts(arguments, Path(folder) / "cache.db"):
            result[name] = figures
            _write_result(result)
    for line in format_report(result):
        print(line)
    return 0


def _run_parts(arguments: argparse.Namespace, cache: Path) -> Iterator[tuple[str, Any]]:
    if {"scan", "console", "mcp", "churn"} & arguments.only:
        with _loaded_cluster(arguments) as (kubeconfig, kubectl, etcd):
            if "scan" in arguments.only:
                yield "scanning", _report_done("scan", scan.measure(kubeconfig, kubectl, cache, arguments.runs))
            if "console" in arguments.only:
                yield "console", _report_done("console", console.measure(kubeconfig, cache, arguments.pods))
            if "mcp" in arguments.only:
                yield "serving", _report_done("mcp", mcp_server.measure(kubeconfig, cache))
            if "churn" in arguments.only:
                pods, rate, seconds = arguments.pods, arguments.rate, arguments.seconds
                yield "churn", _report_done("churn", churn.measure(kubeconfig, etcd, cache, pods=pods, rate=rate, seconds=seconds))
    if "loads" in arguments.only:
        with ControlPlane(BARE) as plane:
            yield (
                "loads",
                _report_done("loads", loads.measure(plane.kubeconfig, plane.site.ports.etcd, cache, arguments.sizes, arguments.runs)),
            )
    if "history" in arguments.only:
        yield "history", _report_done("history", history.measure(cache, pods=arguments.pods, versions=arguments.versions))
    if "calls" in arguments.only:
        yield "calls", _report_done("calls", calls.measure(cache, pods=arguments.pods))
    if "suggestions" in arguments.only:
        yield "suggestions", _report_done("suggestions", suggestions.measure(cache, pods=arguments.pods))
    if "encryption" in arguments.only:
        yield "encryption", _report_done("encryption", encryption.measure(cache, pods=arguments.pods, runs=arguments.runs))


def _report_done(name: str, figures: Any) -> Any:
    print(f"{name}: measured", file=sys.stderr, flush=True)
    return figures


@contextlib.contextmanager
def _loaded_cluster(arguments: argparse.Namespace) -> Iterator[tuple[Path, Path, int]]:
    """Yields kubeconfig, kubectl and etcd's port.

    With ``--kubeconfig`` they are those of that cluster, and the port is 0. Otherwise a control plane is started and loaded.
    """
    if arguments.kubeconfig:
        yield arguments.kubeconfig, Path("kubectl"), 0
        return
    with ControlPlane(BARE) as plane:
        etcd = plane.site.ports.etcd
        asyncio.run(loads.load(plane.kubeconfig, etcd, arguments.pods))
        yield plane.kubeconfig, plane.kubectl_path, etcd


def _write_result(result: dict[str, Any]) -> None:
    """Runs after every part, so that an interrupted run keeps its results."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result['at'].replace(':', '')}-{result['pods']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"raw results: {path}", file=sys.stderr)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the console on a real control plane.")
    parser.add_argument("--only", type=_parse_parts, default=frozenset(PARTS), help=f"some of {','.join(PARTS)} (default: all)")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each scan (default: %(default)s)")
    parser.add_argument("--sizes", type=_parse_numbers, default=[1_000, 10_000, 50_000], help="loads, in pods (default: 1000,10000,50000)")
    parser.add_argument("--rate", type=int, default=2_000, help="changes a second in churn (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=300, help="how long churn lasts (default: %(default)s)")
    parser.add_argument("--versions", type=int, default=1_000_000, help="versions in history (default: %(default)s)")
    parser.add_argument("--kubeconfig", type=Path, help="scan, console and mcp on this loaded cluster instead of a new one")
    arguments = parser.parse_args()
    if arguments.kubeconfig:
        arguments.only &= {"scan", "console", "mcp"}
    return arguments


def _parse_parts(text: str) -> frozenset[str]:
    """Raises ArgumentTypeError for an unknown part."""
    parts = frozenset(text.split(","))
    if parts - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(parts - set(PARTS)))}: not one of {', '.join(PARTS)}")
    return parts


def _parse_numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())

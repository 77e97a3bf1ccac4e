"""``make bench``: start a real control plane, load it, measure, keep the raw results, print the ratios."""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import console, scanning
from tests.control_plane.plane import ControlPlane, Options

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    arguments = _arguments()
    with _cluster(arguments) as (kubeconfig, kubectl), tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.db"
        result: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "pods": arguments.pods,
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "scanning": scanning.measure(kubeconfig, kubectl, cache, arguments.runs),
            "console": console.measure(kubeconfig, cache, arguments.pods),
        }
    _keep(result)
    _print(result)
    return 0


@contextlib.contextmanager
def _cluster(arguments: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """The cluster that was named, or one of our own, loaded."""
    if arguments.kubeconfig:
        yield arguments.kubeconfig, Path("kubectl")
        return
    with ControlPlane(Options(name="bench", nodes=0, apiserver_flags=("--max-requests-inflight=3000",))) as plane:
        command = [sys.executable, "-m", "benchmarks.load", "--kubeconfig", str(plane.kubeconfig), "--pods", str(arguments.pods)]
        subprocess.run([*command, *(["--direct"] if arguments.direct else [])], check=True)
        yield plane.kubeconfig, plane.kubectl_path


def _keep(result: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result['at'].replace(':', '')}-{result['pods']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"raw results: {path}", file=sys.stderr)


def _print(result: dict[str, Any]) -> None:
    scan, screen = result["scanning"], result["console"]
    for name, value in (
        ("first scan ÷ raw download", f"{scan['first_scan_over_raw']:.2f}"),
        ("second scan ÷ raw download", f"{scan['second_scan_over_raw']:.2f}"),
        ("first scan ÷ kubectl get -o json", f"{scan['first_scan_over_kubectl']:.2f}"),
        ("scan peak memory, MiB", f"{max(scan['first_scan']['peak_mib']):.0f}"),
        ("cold start to first rows / all, s", f"{screen['cold_start']['first_rows']:.2f} / {screen['cold_start']['all_rows']:.2f}"),
        ("warm start to first rows / all, s", f"{_least(screen, 'first_rows'):.2f} / {_least(screen, 'all_rows'):.2f}"),
        ("key to frame, median / p95, ms", f"{screen['key_to_frame']['median'] * 1000:.0f} / {screen['key_to_frame']['p95'] * 1000:.0f}"),
        ("filter / clear to frame, ms", f"{screen['filter_to_frame'] * 1000:.0f} / {screen['clear_to_frame'] * 1000:.0f}"),
        ("console resident, MiB", f"{screen['resident_mib']:.0f}"),
    ):
        print(f"{name:40} {value}")


def _least(screen: dict[str, Any], name: str) -> float:
    """Of the three warm starts, the one least disturbed."""
    return min(start[name] for start in screen["warm_start"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the console on a real control plane.")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each scan (default: %(default)s)")
    parser.add_argument("--direct", action="store_true", help="create pods without Deployments: the load stands sooner")
    parser.add_argument("--kubeconfig", type=Path, help="measure on this loaded cluster instead of a new one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

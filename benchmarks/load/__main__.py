"""``python -m benchmarks.load``: fills a cluster, then prints one JSON object with what was created."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.load.client import ApiRefused, Client, Target
from benchmarks.load.generator import Generator, LoadOptions
from benchmarks.load.plan import Plan
from benchmarks.load.writers import Progress


def main() -> int:
    """Returns 0 when every pod runs, 1 when the work failed or took too long, 2 for a wrong argument."""
    arguments = _parse_arguments()
    options = LoadOptions(direct=arguments.direct, writers=arguments.writers, run_timeout=arguments.timeout)
    try:
        plan = Plan.of(arguments.pods, arguments.namespaces, arguments.nodes)
        target = Target.of(arguments.kubeconfig)
    except (ValueError, OSError, KeyError, StopIteration) as error:
        print(f"error: {error!r} (try: --help)", file=sys.stderr)
        return 2
    try:
        summary = asyncio.run(_load(target, plan, options))
    except ApiRefused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    print(json.dumps(summary))
    return 0 if summary["ok"] else 1


async def _load(target: Target, plan: Plan, options: LoadOptions) -> dict[str, Any]:
    async with Client(target, options.writers) as client:
        return await Generator(client, plan, options, Progress()).run()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Fill a cluster with pods and what goes with them.")
    default = os.environ.get("KUBECONFIG")
    parser.add_argument(
        "--kubeconfig", type=Path, default=default, required=default is None, help="fill the cluster of its current context"
    )
    parser.add_argument("--pods", type=int, default=10_000, help="how many (default: %(default)s)")
    parser.add_argument("--direct", action="store_true", help="create pods bound to nodes, without Deployments: faster, for large loads")
    parser.add_argument("--namespaces", type=int, help="how many (default: up to 20)")
    parser.add_argument("--nodes", type=int, help="how many (default: one for 100 pods)")
    parser.add_argument("--writers", type=int, default=32, help="requests at the same time (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds from the last creation until all run (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

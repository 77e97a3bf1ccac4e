"""`python -m tests.kubectl --kubeconfig F [--against G] [--kubectl PATH]`: run every command, record or compare.

Exit codes: 0 all as expected, 1 there are differences or a command failed to end.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.kubectl.runner import Run, differences


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.against is None:
        return _record(arguments)
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(lambda file: list(Run(file, arguments.kubectl).outcomes()), (arguments.kubeconfig, arguments.against))
    found = differences(ours, theirs)
    for difference in (each for each in found if not each.known):
        print(
            f"$ kubectl {difference.command}\n--- {arguments.kubeconfig}\n{difference.ours}\n+++ {arguments.against}\n{difference.theirs}\n"
        )
    for reason in sorted({difference.known for difference in found} - {""}):
        print(f"known: {', '.join(each.command for each in found if each.known == reason)} ({reason})")
    news = [difference for difference in found if not difference.known]
    print(f"{len(ours)} commands, {len(news)} new differences, {len(found) - len(news)} known ones")
    return 1 if news else 0


def _record(arguments: argparse.Namespace) -> int:
    hung = 0
    for outcome in Run(arguments.kubeconfig, arguments.kubectl).outcomes():
        hung += outcome.code == -1
        if arguments.json:
            print(json.dumps({"command": outcome.command.words, "code": outcome.code, "text": outcome.text}))
        else:
            print(f"$ kubectl {outcome.command.words}\n[{outcome.code}]\n{outcome.text}\n", flush=True)
    return 1 if hung else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.kubectl", description="Every kubectl command the demo cluster answers.")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="the cluster to run them on")
    parser.add_argument("--against", type=Path, help="a second cluster, to compare with")
    parser.add_argument("--kubectl", default="kubectl", help="the kubectl to use")
    parser.add_argument("--json", action="store_true", help="record as one JSON object a command")
    return parser


if __name__ == "__main__":
    sys.exit(main())

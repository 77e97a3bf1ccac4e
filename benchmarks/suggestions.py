"""How soon suggestions appear while a parameter is typed, for every kind of parameter.

The demo cluster ``large`` is scanned and then stopped. The suggestions come from the cache alone.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import cache_file
from benchmarks.processes import run
from benchmarks.timing import time_repeatedly
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console

TIMES = 200
Case = tuple[str, str, dict[str, Any]]
"""A tool, the parameter that is typed, and the arguments so far, which include that parameter."""


def measure(cache: Path, *, pods: int) -> dict[str, Any]:
    cache_file.remove(cache)
    try:
        with DemoCluster.in_thread("large", size=pods) as demo:
            env = {**os.environ, "KUBECONFIG": str(demo.kubeconfig), "CACHE_DB_PATH": str(cache)}
            run([sys.executable, "-m", "k8sconsole", "cache", "refresh"], env)
        return {"pods": pods, "asked": asyncio.run(_measure(env))}
    finally:
        cache_file.remove(cache)


async def _measure(env: Mapping[str, str]) -> dict[str, Any]:
    """Milliseconds by case. The cluster has stopped."""
    console = await Console.open(Opening(load_settings(environment=env), Face.CLI, offline=True))
    try:
        found: dict[str, Any] = {}
        for name, (tool, parameter, given) in (await _cases(console)).items():
            offered = await console.tools.suggest(tool, parameter, given)
            found[name] = {"offered": len(offered)} | await time_repeatedly(lambda: console.tools.suggest(tool, parameter, given), TIMES)  # noqa: B023 - awaited at once
        return found
    finally:
        await console.close()


async def _cases(console: Console) -> dict[str, Case]:
    pod = (await console.tools.call("k8s_list_pods", {"filter": "status=Running", "limit": 1}, caller="bench")).data["items"][0]
    deploy = await console.tools.call("k8s_list_resources", {"kind": "deploy", "limit": 1}, caller="bench")
    place = {"namespace": pod["namespace"]}
    rolled = {key: deploy.data["items"][0][key] for key in ("name", "namespace")}
    any_pod, one_pod = {"kind": "pods"}, {"kind": "pods", **place}
    return {
        "context": ("k8s_list_pods", "context", {"context": ""}),
        "kind, nothing typed": ("k8s_get_resource", "kind", {"kind": ""}),
        "kind, a letter": ("k8s_get_resource", "kind", {"kind": "p"}),
        "namespace": ("k8s_list_pods", "namespace", {"namespace": ""}),
        "namespace, a letter": ("k8s_list_pods", "namespace", {"namespace": "a"}),
        "name of all pods": ("k8s_get_resource", "name", {**any_pod, "name": ""}),
        "name of all pods, a letter": ("k8s_get_resource", "name", {**any_pod, "name": "e"}),
        "name of all pods, no such": ("k8s_get_resource", "name", {**any_pod, "name": "no-such-name"}),
        "name of a namespace's pods": ("k8s_get_resource", "name", {**one_pod, "name": ""}),
        "name of a deployment": ("k8s_rollout_status", "name", {"namespace": rolled["namespace"], "name": ""}),
        "container": ("k8s_get_pod_logs", "container", {**place, "name": pod["name"], "container": ""}),
        "revision": ("k8s_rollout_undo", "revision", {**rolled, "revision": ""}),
        "release": ("helm_get_values", "name", {"name": ""}),
        "revision of a release": ("helm_get_values", "revision", {**place, "name": "none", "revision": ""}),
        "time": ("history_diff", "since", {"since": "-1"}),
        "word of a closed set": ("k8s_get_usage", "by", {"by": ""}),
    }

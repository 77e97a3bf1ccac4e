"""What an MCP client waits for: the start of the server, and its replies about ten thousand pods.

The same is measured of kubernetes-mcp-server, if it is installed (``npm install -g kubernetes-mcp-server``).
"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import compiled, run
from benchmarks.timing import summarize

STARTS = 7
CALLS = 200
LIVE_CALLS = 5
NAMESPACE = "load-00"
PEER = "kubernetes-mcp-server"
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class Server:
    """An MCP server on stdio that gets one request at a time."""

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self._number = 0

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        """Sends a request and returns its result. Raises RuntimeError for an error."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        assert self._child.stdout is not None
        while line := self._child.stdout.readline():
            message = json.loads(line)
            if message.get("id") == self._number:
                if "result" not in message or message["result"].get("isError"):
                    raise RuntimeError(line[:300].decode())
                return dict(message["result"])
        raise RuntimeError(f"{method}: the server has ended")

    def initialize(self) -> None:
        self.request("initialize", **INITIALIZE)
        self._send({"method": "notifications/initialized"})

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.request("tools/call", name=tool, arguments=arguments)

    def end(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(10)
            return
        self._child.kill()
        self._child.wait()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._child.stdin.flush()


def measure(kubeconfig: Path, cache: Path) -> dict[str, Any]:
    """Starts in seconds, calls in milliseconds, replies in characters."""
    env = compiled({**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache)})
    run([sys.executable, "-m", "k8sconsole", "scan", "--once"], env, capture=False)
    ours = [sys.executable, "-m", "k8sconsole", "mcp"]
    found = shutil.which(PEER)
    peer = [found, "--kubeconfig", str(kubeconfig)] if found else []
    return {"starts": _time_starts(ours, peer, env), "answers": _time_replies(ours, env), "peer": _time_peer(peer, env) if peer else None}


def _time_starts(ours: list[str], peer: list[str], env: dict[str, str]) -> dict[str, list[float]]:
    """Pairs every start with a bare import of the SDK's server, which is most of the start, in the same minute."""
    starts: dict[str, list[float]] = {"bare_import": [], "ours": [], "peer": []}
    for _ in range(STARTS):
        starts["bare_import"].append(run([sys.executable, "-c", "import mcp.server"], env).wall)
        starts["ours"].append(_time_start(ours, env))
        if peer:
            starts["peer"].append(_time_start(peer, env))
    return starts


def _time_start(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    with _connected(command, env):
        return time.perf_counter() - began


@contextlib.contextmanager
def _connected(command: list[str], env: dict[str, str]) -> Iterator[Server]:
    server = Server(command, env)
    try:
        server.initialize()
        yield server
    finally:
        server.end()


def _time_replies(ours: list[str], env: dict[str, str]) -> dict[str, Any]:
    with _connected(ours, env) as server:
        for _ in range(20):
            server.call("k8s_list_pods")
        time.sleep(15)  # the first scan of every kind is over
        return {
            "namespace": _time_calls(server, CALLS, namespace=NAMESPACE),
            "all": _time_calls(server, CALLS),
            "namespace_live": _time_calls(server, LIVE_CALLS, namespace=NAMESPACE, live=True),
            "all_live": _time_calls(server, LIVE_CALLS, live=True),
        }


def _time_calls(server: Server, times: int, tool: str = "k8s_list_pods", **arguments: Any) -> dict[str, Any]:
    taken, size = [], 0
    for _ in range(times):
        began = time.perf_counter()
        answer = server.call(tool, **arguments)
        taken.append(time.perf_counter() - began)
        size = sum(len(part["text"]) for part in answer["content"])
    structured = len(json.dumps(answer.get("structuredContent") or {}))
    return {**summarize(taken), "p50": statistics.median(taken) * 1000, "text": size, "structured": structured}


def _time_peer(peer: list[str], env: dict[str, str]) -> dict[str, Any]:
    with _connected(peer, env) as server:
        return {
            "namespace": _time_calls(server, 20, "pods_list_in_namespace", namespace=NAMESPACE),
            "all": _time_calls(server, LIVE_CALLS, "pods_list"),
        }

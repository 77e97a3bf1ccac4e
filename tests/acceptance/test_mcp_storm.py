"""The MCP server under load and under malformed messages. STORM_SECONDS and FUZZ_MESSAGES make the runs longer."""

import asyncio
import copy
import json
import os
import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.mcp_connection import LEGACY, McpConnection, connect_mcp
from tests.acceptance.program import Program

pytestmark = pytest.mark.long

SECONDS = float(os.environ.get("STORM_SECONDS", "20"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "6000"))
CALLERS = 200
LASTING = "~^(cart-store|orders-db|search)-"
"""A filter for pods of stateful sets. Pods of jobs are deleted during the run."""
FLAT = 16.0
"""MiB by which memory may grow in the second half: pages of the cache file, which are cached up to a limit."""


@pytest.fixture
def program(demo: DemoCluster, program_on: Callable[[Any], Program], tmp_path: Any) -> Program:
    return Program(tmp_path / "program", demo.kubeconfig)


class Load:
    """Callers that make random calls and cancel some of them."""

    def __init__(self, connection: McpConnection, pods: list[str]) -> None:
        self.connection = connection
        self.random = random.Random(3)
        self.pods = pods
        self.sent = self.answered = self.cancelled = 0
        self.resident: list[float] = []

    def random_call(self) -> tuple[str, dict[str, Any]]:
        pod = {"name": self.random.choice(self.pods), "namespace": "shop"}
        choices: list[tuple[str, dict[str, Any]]] = [
            ("k8s_list_pods", {}),
            ("k8s_list_pods", {"live": True}),
            ("k8s_get_resource", {"kind": "pods", **pod}),
            ("k8s_describe_resource", {"kind": "pods", "live": True, **pod}),
            ("k8s_get_pod_logs", {"tail": 20, **pod}),
            ("k8s_list_events", {"namespace": "shop"}),
            ("k8s_search_resources", {"text": "web"}),
            ("k8s_top_pods", {}),
            ("helm_list_releases", {}),
            ("history_timeline", {"since": "-5m"}),
            ("cache_query", {"sql": "SELECT count(*) AS n FROM pods"}),
            ("cache_refresh", {"kind": "configmaps"}),
            ("k8s_scale_resource", {"kind": "deploy", "name": "web", "namespace": "shop", "replicas": 3}),
            ("k8s_get_resource", {"kind": "nothing", "name": "x"}),
        ]
        return self.random.choice(choices)

    async def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(self._watch(seconds), *(self._caller(until) for _ in range(CALLERS)))

    async def _watch(self, seconds: float) -> None:
        for _ in range(4):
            await asyncio.sleep(seconds / 4)
            self.resident.append(self.connection.resident_mib)

    async def _caller(self, until: float) -> None:
        while time.monotonic() < until:
            self.sent += 1
            number, (tool, arguments) = self.sent, self.random_call()
            reply = self.connection.expect_reply(number)
            await self.connection.send(_request(number, "tools/call", name=tool, arguments=arguments))
            if self.random.random() < 0.2:
                await asyncio.sleep(self.random.random() * 0.3)
                self.connection.ignore_reply(number)
                await self.connection.notify("notifications/cancelled", requestId=number)
                self.cancelled += 1
                continue
            async with asyncio.timeout(60):
                await reply
            self.answered += 1


async def test_under_load_every_call_is_answered_and_completed_in_the_audit(program: Program) -> None:
    async with connect_mcp(program, "--allow-write") as connection:
        await connection.initialize()
        listed = await connection.call("first", "k8s_list_pods", namespace="shop", filter=LASTING)
        load = Load(connection, [item["name"] for item in listed["result"]["structuredContent"]["data"]["items"]])
        await load.run(SECONDS)
        assert "result" in await connection.call("last", "k8s_list_namespaces")
        assert load.answered + load.cancelled == load.sent > CALLERS
        assert connection.stray == []
        assert load.resident[-1] - load.resident[1] <= FLAT, load.resident
    with sqlite3.connect(program.cache) as cache:
        halves = cache.execute("SELECT request_id FROM audit GROUP BY request_id HAVING count(*) != 2").fetchall()
        ends = dict(cache.execute("SELECT outcome, count(*) FROM audit WHERE caller = 'mcp:wire' AND phase = 'completed' GROUP BY 1"))
        errors = cache.execute("SELECT DISTINCT tool, outcome, error FROM audit WHERE error <> ''").fetchall()
    assert halves == []
    assert sum(ends.values()) == load.sent + 2
    assert ends["Cancelled"] > 0
    assert set(ends) <= {"ok", "Cancelled", "InvalidParams", "PermissionDenied"}, errors


REQUESTS: list[dict[str, Any]] = [
    {"method": "ping"},
    {"method": "tools/list", "params": {}},
    {"method": "tools/call", "params": {"name": "k8s_list_pods", "arguments": {"namespace": "shop", "limit": 3}}},
    {"method": "tools/call", "params": {"name": "cache_query", "arguments": {"sql": "SELECT 1"}, "_meta": {"progressToken": 1}}},
    {"method": "resources/list"},
    {"method": "resources/read", "params": {"uri": "k8s://demo-calm-shop/shop/pods"}},
    {"method": "prompts/get", "params": {"name": "diagnose", "arguments": {"name": "x"}}},
    {
        "method": "completion/complete",
        "params": {"ref": {"type": "ref/prompt", "name": "diagnose"}, "argument": {"name": "kind", "value": "p"}},
    },
    {"method": "logging/setLevel", "params": {"level": "debug"}},
    {"method": "initialize", "params": {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}},
    {"method": "notifications/cancelled", "params": {"requestId": 3}},
    {"method": "notifications/progress", "params": {"progressToken": 1, "progress": 0.5}},
]
JUNK: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 5000,
    [],
    {},
    [[[]]],
    "\ud800",
    "\0",
    {"a": {"b": [1, {"c": None}]}},
    float("nan"),
    2**70,
]


class Mangler:
    """Makes malformed or changed messages from valid requests. The same seed gives the same messages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def line(self) -> bytes:
        request = {"jsonrpc": "2.0", "id": self.random.randrange(1000), **copy.deepcopy(self.random.choice(REQUESTS))}
        if request["method"].startswith("notifications/"):
            del request["id"]
        mutate = self.random.choices(
            (self._change_parts, self._change_bytes, self._truncate, self._duplicate, self._nest, self._random_bytes), (35, 35, 10, 8, 7, 5)
        )[0]
        return mutate(request).replace(b"\n", b" ")

    def _change_parts(self, request: dict[str, Any]) -> bytes:
        for _ in range(self.random.randint(1, 3)):
            holder, key = self.random.choice(_find_places(request))
            roll = self.random.random()
            if roll < 0.3 and isinstance(holder, dict):
                del holder[key]
            elif roll < 0.5 and isinstance(holder, dict):
                holder["".join(self.random.choices("abc_$é", k=4))] = copy.deepcopy(self.random.choice(JUNK))
            else:
                holder[key] = copy.deepcopy(self.random.choice(JUNK))
            if not request:
                break
        return json.dumps(request).encode()

    def _change_bytes(self, request: dict[str, Any]) -> bytes:
        line = bytearray(json.dumps(request).encode())
        for _ in range(self.random.randint(1, 6)):
            at = self.random.randrange(len(line) + 1)
            line[at : at + self.random.randint(0, 9)] = self.random.randbytes(self.random.randint(0, 9))
        return bytes(line)

    def _truncate(self, request: dict[str, Any]) -> bytes:
        line = json.dumps(request).encode()
        return line[: self.random.randrange(len(line))]

    def _duplicate(self, request: dict[str, Any]) -> bytes:
        line = json.dumps(request).encode()
        return self.random.choice((line + line, b"[" + line + b"," + line + b"]"))

    def _nest(self, request: dict[str, Any]) -> bytes:
        depth = self.random.choice((10, 500, 3_000, 100_000))
        closed = b"[" * depth + b"]" * depth
        call = b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"k8s_list_pods","arguments":{"a":' + closed + b"}}}"
        return self.random.choice((call, closed, b"[" * depth))

    def _random_bytes(self, request: dict[str, Any]) -> bytes:
        return self.random.randbytes(self.random.randint(0, 300))


def _find_places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *_find_places(value[key]))]


def _request(number: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


async def test_every_valid_request_among_malformed_messages_is_answered(program: Program) -> None:
    mangler = Mangler(seed=1)
    resident: list[float] = []
    async with connect_mcp(program, "--no-scan") as connection:
        await connection.initialize()
        for first in range(0, MESSAGES, 100):
            sound = {f"sound-{number}": connection.expect_reply(f"sound-{number}") for number in range(first, first + 5)}
            for number in sound:
                for _ in range(20):
                    await connection.send(mangler.line())
                await connection.send(_request(number, "tools/call", name="k8s_list_contexts", arguments={}))
            async with asyncio.timeout(60):
                answers = await asyncio.gather(*sound.values())
            assert all("result" in answer for answer in answers), answers
            resident.append(connection.resident_mib)
        assert connection.stray == []
        assert resident[-1] - resident[len(resident) // 2] <= FLAT, resident

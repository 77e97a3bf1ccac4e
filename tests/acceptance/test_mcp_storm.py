"""The MCP server under more than any client would do to it. STORM_SECONDS and FUZZ_MESSAGES make the weather longer."""

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
from tests.acceptance.mcp_connection import LEGACY, Wire, wired
from tests.acceptance.program import Program

pytestmark = pytest.mark.long

SECONDS = float(os.environ.get("STORM_SECONDS", "20"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "6000"))
CALLERS = 200
LASTING = "~^(cart-store|orders-db|search)-"
"""Pods of stateful sets: those of jobs go while the storm blows."""
FLAT = 16.0
"""MiB that may come in the second half: the cache file's pages, which are kept up to a bound."""


@pytest.fixture
def program(demo: DemoCluster, program_on: Callable[[Any], Program], tmp_path: Any) -> Program:
    return Program(tmp_path / "program", demo.kubeconfig)


class Storm:
    """Callers that ask this and that, and now and then take back what they asked."""

    def __init__(self, wire: Wire, pods: list[str]) -> None:
        self.wire = wire
        self.chance = random.Random(3)
        self.pods = pods
        self.sent = self.answered = self.taken_back = 0
        self.resident: list[float] = []

    def anything(self) -> tuple[str, dict[str, Any]]:
        pod = {"name": self.chance.choice(self.pods), "namespace": "shop"}
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
        return self.chance.choice(choices)

    async def blow(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(self._watch(seconds), *(self._caller(until) for _ in range(CALLERS)))

    async def _watch(self, seconds: float) -> None:
        for _ in range(4):
            await asyncio.sleep(seconds / 4)
            self.resident.append(self.wire.resident_mib)

    async def _caller(self, until: float) -> None:
        while time.monotonic() < until:
            self.sent += 1
            number, (tool, arguments) = self.sent, self.anything()
            coming = self.wire.expect(number)
            await self.wire.send(_request(number, "tools/call", name=tool, arguments=arguments))
            if self.chance.random() < 0.2:
                await asyncio.sleep(self.chance.random() * 0.3)
                self.wire.give_up(number)
                await self.wire.tell("notifications/cancelled", requestId=number)
                self.taken_back += 1
                continue
            async with asyncio.timeout(60):
                await coming
            self.answered += 1


async def test_a_storm_of_calls_leaves_no_call_unanswered_and_no_audit_row_without_its_end(program: Program) -> None:
    async with wired(program, "--allow-write") as wire:
        await wire.greet()
        listed = await wire.call("first", "k8s_list_pods", namespace="shop", filter=LASTING)
        storm = Storm(wire, [item["name"] for item in listed["result"]["structuredContent"]["data"]["items"]])
        await storm.blow(SECONDS)
        assert "result" in await wire.call("last", "k8s_list_namespaces")
        assert storm.answered + storm.taken_back == storm.sent > CALLERS
        assert wire.stray == []
        assert storm.resident[-1] - storm.resident[1] <= FLAT, storm.resident
    with sqlite3.connect(program.cache) as cache:
        halves = cache.execute("SELECT request_id FROM audit GROUP BY request_id HAVING count(*) != 2").fetchall()
        ends = dict(cache.execute("SELECT outcome, count(*) FROM audit WHERE caller = 'mcp:wire' AND phase = 'completed' GROUP BY 1"))
    assert halves == []
    assert sum(ends.values()) == storm.sent + 2
    assert ends["Cancelled"] > 0
    assert set(ends) <= {"ok", "Cancelled", "InvalidParams", "PermissionDenied"}


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
    """Makes of a request what is none, or another one; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def line(self) -> bytes:
        request = {"jsonrpc": "2.0", "id": self.chance.randrange(1000), **copy.deepcopy(self.chance.choice(REQUESTS))}
        if request["method"].startswith("notifications/"):
            del request["id"]
        way = self.chance.choices(
            (self._other_parts, self._other_bytes, self._cut, self._twice, self._deep, self._noise), (35, 35, 10, 8, 7, 5)
        )[0]
        return way(request).replace(b"\n", b" ")

    def _other_parts(self, request: dict[str, Any]) -> bytes:
        for _ in range(self.chance.randint(1, 3)):
            holder, key = self.chance.choice(_places(request))
            fate = self.chance.random()
            if fate < 0.3 and isinstance(holder, dict):
                del holder[key]
            elif fate < 0.5 and isinstance(holder, dict):
                holder["".join(self.chance.choices("abc_$é", k=4))] = copy.deepcopy(self.chance.choice(JUNK))
            else:
                holder[key] = copy.deepcopy(self.chance.choice(JUNK))
            if not request:
                break
        return json.dumps(request).encode()

    def _other_bytes(self, request: dict[str, Any]) -> bytes:
        line = bytearray(json.dumps(request).encode())
        for _ in range(self.chance.randint(1, 6)):
            at = self.chance.randrange(len(line) + 1)
            line[at : at + self.chance.randint(0, 9)] = self.chance.randbytes(self.chance.randint(0, 9))
        return bytes(line)

    def _cut(self, request: dict[str, Any]) -> bytes:
        line = json.dumps(request).encode()
        return line[: self.chance.randrange(len(line))]

    def _twice(self, request: dict[str, Any]) -> bytes:
        line = json.dumps(request).encode()
        return self.chance.choice((line + line, b"[" + line + b"," + line + b"]"))

    def _deep(self, request: dict[str, Any]) -> bytes:
        depth = self.chance.choice((10, 500, 3_000, 100_000))
        closed = b"[" * depth + b"]" * depth
        call = b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"k8s_list_pods","arguments":{"a":' + closed + b"}}}"
        return self.chance.choice((call, closed, b"[" * depth))

    def _noise(self, request: dict[str, Any]) -> bytes:
        return self.chance.randbytes(self.chance.randint(0, 300))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything inside."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *_places(value[key]))]


def _request(number: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


async def test_among_messages_that_make_no_sense_every_sound_request_is_answered(program: Program) -> None:
    mangler = Mangler(seed=1)
    resident: list[float] = []
    async with wired(program, "--no-scan") as wire:
        await wire.greet()
        for first in range(0, MESSAGES, 100):
            sound = {f"sound-{number}": wire.expect(f"sound-{number}") for number in range(first, first + 5)}
            for number in sound:
                for _ in range(20):
                    await wire.send(mangler.line())
                await wire.send(_request(number, "tools/call", name="k8s_list_contexts", arguments={}))
            async with asyncio.timeout(60):
                answers = await asyncio.gather(*sound.values())
            assert all("result" in answer for answer in answers), answers
            resident.append(wire.resident_mib)
        assert wire.stray == []
        assert resident[-1] - resident[len(resident) // 2] <= FLAT, resident

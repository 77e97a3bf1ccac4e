"""A cancelled call closes its connection, as seen from a slow server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import DeadlineExceeded
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.pipeline.pipeline import Pipeline
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class SlowServer:
    """Takes requests and never ends an answer. ``begins``: whether it at least begins one."""

    def __init__(self, *, begins: bool) -> None:
        self._begins = begins
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.hung_up: asyncio.Queue[str] = asyncio.Queue()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        if self._begins:
            writer.write(HEAD + b"10\r\n" + b'{"items":[     \n' + b"\r\n")
        self.asked.put_nowait(path)
        await reader.read()
        self.hung_up.put_nowait(path)
        writer.close()

    def kubeconfig(self, folder: Path) -> Path:
        path = folder / "slow.kubeconfig"
        path.write_text(
            f"apiVersion: v1\nkind: Config\ncurrent-context: slow\n"
            f"clusters: [{{name: slow, cluster: {{server: 'http://127.0.0.1:{self.port}'}}}}]\n"
            f"contexts: [{{name: slow, context: {{cluster: slow, user: me}}}}]\nusers: [{{name: me, user: {{}}}}]\n"
        )
        path.chmod(0o600)
        return path


@pytest.fixture(params=[False, True], ids=["does not answer", "does not end its answer"])
async def slow(request: pytest.FixtureRequest) -> AsyncIterator[SlowServer]:
    made = SlowServer(begins=request.param)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def pipeline(slow: SlowServer, harness: ToolHarness, tmp_path: Path) -> AsyncIterator[Pipeline]:
    contexts = KubeconfigContexts([slow.kubeconfig(tmp_path)])
    cluster = await contexts.open(contexts.list()[0].name)

    async def opened(context: str) -> Cluster:
        return cluster

    yield Pipeline(harness.pipeline.registry, replace(harness.environment, open_cluster=opened))
    await cluster.close()


CALLS = [("k8s_list_pods", {"live": True}), ("k8s_get_resource", {"kind": "node", "name": "x", "live": True})]


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_call_that_is_cancelled_ends_its_request(
    slow: SlowServer, pipeline: Pipeline, tool: str, arguments: dict[str, object]
) -> None:
    task = asyncio.create_task(pipeline.call(ToolCall(tool, arguments, Face.MCP)))
    async with asyncio.timeout(10):
        path = await slow.asked.get()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await slow.hung_up.get() == path


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_call_whose_time_is_up_ends_its_request(
    slow: SlowServer, pipeline: Pipeline, tool: str, arguments: dict[str, object]
) -> None:
    outcome = await pipeline.call(ToolCall(tool, arguments, Face.MCP, deadline=0.3))
    assert isinstance(outcome.error, DeadlineExceeded)
    async with asyncio.timeout(10):
        assert await slow.hung_up.get() == await slow.asked.get()


async def test_a_followed_log_that_is_no_longer_read_ends_its_request(slow: SlowServer, pipeline: Pipeline) -> None:
    follow = ToolCall("k8s_get_pod_logs", {"name": "x", "namespace": "shop", "follow": True}, Face.TUI)

    async def read() -> None:
        async for _ in pipeline.stream(follow):
            pass

    task = asyncio.create_task(read())
    async with asyncio.timeout(10):
        path = await slow.asked.get()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await slow.hung_up.get() == path

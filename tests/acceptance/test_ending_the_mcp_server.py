"""``k8sconsole mcp`` as a process: how it ends, and what it says where no client can speak to it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.program import COMMAND, ROOT, Program

pytestmark = pytest.mark.long
HELLO = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    b'"clientInfo":{"name":"bare","version":"1"}}}\n'
)


@pytest.fixture
def alone(tmp_path: Path) -> Program:
    """Without a cluster."""
    return Program(tmp_path, tmp_path / "none.kubeconfig")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_one_signal_ends_the_server_though_its_client_says_nothing(alone: Program, number: signal.Signals, code: int) -> None:
    pipe = subprocess.PIPE
    server = subprocess.Popen([*COMMAND, "mcp"], cwd=ROOT, env=alone.env, stdin=pipe, stdout=pipe, stderr=pipe)
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(HELLO)
    server.stdin.flush()
    assert b'"id":1' in server.stdout.readline()
    server.send_signal(number)
    assert server.wait(10) == code
    assert server.communicate()[1] == b""


@pytest.mark.parametrize(("closed", "name"), [(0, "standard input"), (1, "standard output")])
def test_a_closed_stream_is_a_sentence(alone: Program, closed: int, name: str) -> None:
    done = subprocess.run(
        [*COMMAND, "mcp"], cwd=ROOT, env=alone.env, stderr=subprocess.PIPE, timeout=30, preexec_fn=lambda: os.close(closed), text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {name} is closed — ")


def test_input_that_ends_before_a_client_spoke_is_a_sentence(alone: Program) -> None:
    done = alone.finish("mcp")
    assert done.returncode == 0
    assert "ended before an MCP client sent a message (try: k8sconsole mcp install" in done.stderr

"""The MCP server in process: the official client calls it, and it calls the pipeline of the tool harness."""

import pytest

from tests.tool_harness import HarnessConsole, ToolHarness, bare, cluster, demo, harness, store

__all__ = ["bare", "cluster", "demo", "harness", "store"]


@pytest.fixture
async def console(harness: ToolHarness) -> HarnessConsole:
    return HarnessConsole(harness)

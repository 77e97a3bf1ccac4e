"""The scanner reads through the pipeline: authorised, without rows in the audit, and the bytes as the server sent them."""

import asyncio

import msgspec
import pytest

from k8sconsole.errors import PolicyDenied
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.tools import Face
from k8sconsole.tools.scan_source import PipelineScanSource
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo


async def _source(harness: ToolHarness) -> PipelineScanSource:
    return PipelineScanSource(harness.pipeline, await harness.environment.open_cluster(harness.environment.selected()[0]))


async def test_the_scanner_s_own_reads_leave_no_audit_rows_and_count_as_no_use(harness: ToolHarness) -> None:
    source = await _source(harness)
    pods = await harness.environment.find_resource(source.name, "pods")
    pages = [page async for page in source.pages(pods, limit=20)]
    assert len(pages) > 1
    assert all(isinstance(item, msgspec.Raw) for page in pages for item in page.items)
    opened = asyncio.Event()

    async def watch() -> None:
        async for _ in source.watch(pods, resource_version=pages[-1].resource_version, opened=opened.set):
            continue

    task = asyncio.create_task(watch())
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await harness.call("k8s_list_pods", namespace="shop")
    assert {tool for tool, _, _ in await harness.audit()} == {"k8s_list_pods"}
    assert harness.store is not None
    assert {one.tool_name: one.usage_count for one in await harness.store.audit.tool_usage()} == {"k8s_list_pods": 1}


async def test_policy_holds_for_the_scanner_too(harness: ToolHarness) -> None:
    harness.policy = Policy(rules=(Rule(Action.DENY, faces=(Face.SCANNER,)),))
    source = await _source(harness)
    with pytest.raises(PolicyDenied):
        await source.version()

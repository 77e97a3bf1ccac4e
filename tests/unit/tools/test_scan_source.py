"""The scanner reads through the pipeline: authorised, audited, and the bytes as the server sent them."""

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


async def test_a_list_is_one_call_in_the_audit_and_its_pages_pass_untouched(harness: ToolHarness) -> None:
    source = await _source(harness)
    pods = await harness.environment.find_resource(source.name, "pods")
    pages = [page async for page in source.pages(pods, limit=20)]
    assert len(pages) > 1
    assert all(isinstance(item, msgspec.Raw) for page in pages for item in page.items)
    assert await harness.audit() == [("k8s_list_resources", "started", ""), ("k8s_list_resources", "completed", "ok")]


async def test_a_watch_that_is_cancelled_or_closed_ends_in_the_audit(harness: ToolHarness) -> None:
    source = await _source(harness)
    pods = await harness.environment.find_resource(source.name, "pods")
    version = [page async for page in source.pages(pods)][-1].resource_version

    async def watch() -> None:
        async for _ in source.watch(pods, resource_version=version):
            continue

    task = asyncio.create_task(watch())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    phases = [phase for _, phase, _ in await harness.audit()]
    assert phases.count("started") == phases.count("completed") == 2


async def test_policy_holds_for_the_scanner_too(harness: ToolHarness) -> None:
    harness.policy = Policy(rules=(Rule(Action.DENY, faces=(Face.SCANNER,)),))
    source = await _source(harness)
    with pytest.raises(PolicyDenied):
        await source.version()
    assert (await harness.audit())[-1] == ("k8s_get_cluster_info", "completed", "PermissionDenied")

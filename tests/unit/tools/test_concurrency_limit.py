"""Concurrent calls are limited, queued calls run in turn, and only one call at a time changes an object."""

import asyncio
from dataclasses import replace
from typing import Any

from k8sconsole.errors import DeadlineExceeded, RateLimited
from k8sconsole.model.policy import Action, Limits, Policy, Rule
from k8sconsole.model.tools import Face, Risk, ToolOutcome
from k8sconsole.tools.pipeline.pipeline import Pipeline
from tests.probe import Gate, called, probe, with_probe
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo


def _limited(harness: ToolHarness, gate: Gate, limits: Limits, **more: Any) -> Pipeline:
    return with_probe(replace(harness.environment, limits=lambda: limits), probe(gate, **more))


async def _many(pipeline: Pipeline, count: int, **more: Any) -> list["asyncio.Task[ToolOutcome]"]:
    tasks = [asyncio.create_task(called(pipeline, what=f"{more.get('caller', '')}{number}", **more)) for number in range(count)]
    await asyncio.sleep(0.05)
    return tasks


async def test_calls_of_one_caller_beyond_its_limit_wait_in_order(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(at_once=40, per_caller=3))
    tasks = await _many(pipeline, 10)
    assert (len(gate.inside), pipeline.limit_step.slots.running, pipeline.limit_step.slots.waiting) == (3, 3, 7)
    gate.open.set()
    assert all(outcome.error is None for outcome in await asyncio.gather(*tasks))
    assert gate.order == [f"{number}" for number in range(10)]
    assert gate.most == 3
    assert (pipeline.limit_step.slots.running, pipeline.limit_step.slots.waiting) == (0, 0)


async def test_many_calls_of_one_client_delay_neither_the_console_nor_another_client(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(at_once=8, per_caller=4, waiting=100))
    flood = await _many(pipeline, 50, caller="flood")
    key = asyncio.create_task(called(pipeline, Face.TUI, "local", what="key"))
    other = asyncio.create_task(called(pipeline, caller="other", what="other"))
    await gate.begun(6)
    assert {"key", "other"} <= set(gate.inside)
    gate.open.set()
    await asyncio.gather(key, other, *flood)


async def test_the_console_has_slots_that_clients_cannot_fill(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(at_once=8, per_caller=6))
    guests = [*(await _many(pipeline, 6, caller="a")), *(await _many(pipeline, 6, caller="b"))]
    assert len(gate.inside) == 6, "a quarter is kept"
    keys = [asyncio.create_task(called(pipeline, Face.TUI, "local", what=f"key{number}")) for number in range(2)]
    await gate.begun(8)
    assert {"key0", "key1"} <= set(gate.inside)
    gate.open.set()
    await asyncio.gather(*guests, *keys)


async def test_a_call_beyond_the_queue_is_refused_with_a_retry_time_and_audited(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(per_caller=1, waiting=2))
    tasks = await _many(pipeline, 3)
    refused = (await called(pipeline)).error
    assert isinstance(refused, RateLimited)
    assert (refused.code, refused.name) == (-32029, "RateLimited")
    assert refused.details["retry_after_seconds"] >= 1
    gate.open.set()
    await asyncio.gather(*tasks)
    await pipeline.close()
    assert ("probe", "completed", "RateLimited") in await harness.audit()


async def test_a_call_that_waits_too_long_is_refused_and_leaves_the_queue(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(per_caller=1, patience=0.05))
    tasks = await _many(pipeline, 1)
    assert isinstance((await called(pipeline)).error, RateLimited)
    assert isinstance((await called(pipeline, deadline=0.01)).error, DeadlineExceeded), "waiting counts"
    assert pipeline.limit_step.slots.waiting == 0
    gate.open.set()
    await asyncio.gather(*tasks)


async def test_a_call_cancelled_in_the_queue_frees_its_place(harness: ToolHarness) -> None:
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(per_caller=1))
    first, second, third = await _many(pipeline, 3)
    second.cancel()
    gate.open.set()
    assert [outcome.error for outcome in await asyncio.gather(first, third)] == [None, None]
    assert gate.order == ["0", "2"]
    assert pipeline.limit_step.slots.running == 0


async def test_changes_of_one_object_run_one_after_another_and_of_two_objects_in_parallel(harness: ToolHarness) -> None:
    harness.policy = Policy(allow_write=True, rules=(Rule(Action.ALLOW),))
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(), risk=Risk.WRITE)
    tasks = [asyncio.create_task(called(pipeline, Face.TUI, "local", what=what)) for what in ("web", "web", "cart")]
    await gate.begun(2)
    await asyncio.sleep(0.05)
    assert sorted(gate.inside) == ["cart", "web"]
    gate.open.set()
    assert [outcome.error for outcome in await asyncio.gather(*tasks)] == [None] * 3
    assert sorted(gate.order) == ["cart", "web", "web"]


async def test_a_change_that_waits_too_long_for_another_is_refused_and_not_made(harness: ToolHarness) -> None:
    harness.policy = Policy(allow_write=True, rules=(Rule(Action.ALLOW),))
    gate = Gate()
    pipeline = _limited(harness, gate, Limits(patience=0.05), risk=Risk.WRITE)
    first = asyncio.create_task(called(pipeline, Face.TUI, what="web"))
    await gate.begun(1)
    assert isinstance((await called(pipeline, Face.TUI, what="web")).error, RateLimited)
    gate.open.set()
    assert (await first).error is None
    assert gate.order == ["web"]

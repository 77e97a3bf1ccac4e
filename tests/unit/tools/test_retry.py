"""Reads are retried after a temporary failure. Changes are never retried."""

from typing import Any

import pytest

from k8sconsole.demo.api.faults import Fault
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import ConnectionCut, ConsoleError, ServerError, TooManyRequests, Unreachable
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.tools import Answer, Face, Question, Risk, ToolCall
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.results import Reply
from tests.probe import Asked, answer, called, probe, with_probe
from tests.tool_harness import ToolHarness

PODS = "/api/v1/pods"
TEMPORARY_FAILURES = {
    "a cut connection": Fault(PODS, after=20, then="cut"),
    "a 503": Fault(PODS, code=503),
    "a 429": Fault(PODS, code=429, headers={"Retry-After": "1"}),
}


def _count_requests(demo: DemoCluster) -> int:
    return sum(path.startswith(PODS) for path in demo.requests)


@pytest.mark.parametrize("failure", TEMPORARY_FAILURES)
async def test_a_live_list_is_retried_after_a_temporary_failure(harness: ToolHarness, demo: DemoCluster, failure: str) -> None:
    before = _count_requests(demo)
    TEMPORARY_FAILURES[failure].times = 1
    demo.plan_faults(TEMPORARY_FAILURES[failure])
    outcome = await harness.call("k8s_list_pods", live=True)
    assert outcome.error is None
    assert outcome.freshness is not None
    assert (outcome.freshness.source, outcome.warnings) == (Source.LIVE, ())
    assert _count_requests(demo) == before + 2


async def test_a_call_is_tried_three_times_and_then_reports_the_failure(harness: ToolHarness, demo: DemoCluster) -> None:
    before = _count_requests(demo)
    demo.plan_faults(Fault(PODS, code=503, times=9))
    assert isinstance((await harness.call("k8s_list_pods", live=True)).error, ServerError)
    assert _count_requests(demo) == before + 3


async def test_after_repeated_cuts_the_cache_answers_with_a_warning(harness: ToolHarness, demo: DemoCluster) -> None:
    before = _count_requests(demo)
    demo.plan_faults(Fault(PODS, after=20, then="cut", times=9))
    outcome = await harness.call("k8s_list_pods", live=True)
    assert outcome.freshness is not None
    assert outcome.freshness.source is Source.CACHE
    assert "does not answer" in outcome.warnings[0]
    assert _count_requests(demo) == before + 3


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for(harness: ToolHarness, demo: DemoCluster) -> None:
    before = _count_requests(demo)
    demo.plan_faults(Fault(PODS, code=429, headers={"Retry-After": "8"}, times=9))
    call = ToolCall("k8s_list_pods", {"live": True}, Face.MCP, deadline=5)
    error = (await harness.pipeline.call(call)).error
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 8
    assert _count_requests(demo) == before + 1


async def test_a_change_is_never_retried(harness: ToolHarness, demo: DemoCluster) -> None:
    def answered(question: Question) -> Answer:
        demo.plan_faults(Fault("/apis/apps/v1/namespaces/shop/deployments/web", query="fieldManager", after=20, then="cut", times=9))
        return Answer(True, word=question.confirm_word, by="test")

    harness.answer = answered
    before = len(demo.requests)
    outcome = await harness.call("k8s_rollout_restart", kind="deploy", name="web", namespace="shop")
    assert isinstance(outcome.error, ConnectionCut)
    sent = demo.requests[before:]
    assert len([path for path in sent if "fieldManager" in path and "dryRun" not in path]) == 1, sent


@pytest.mark.parametrize(
    ("more", "problem", "tries"),
    [
        ({}, ConnectionCut("x"), 3),
        ({}, Unreachable("x"), 1),
        ({}, ServerError("x", http_status=500), 1),
        ({"idempotent": False}, ConnectionCut("x"), 1),
        ({"risk": Risk.WRITE}, ConnectionCut("x"), 1),
    ],
)
async def test_only_idempotent_reads_are_retried_and_only_after_retryable_errors(
    harness: ToolHarness, more: dict[str, Any], problem: ConsoleError, tries: int
) -> None:
    harness.policy = Policy(allow_write=True, rules=(Rule(Action.ALLOW),))
    attempts: list[str] = []

    async def failing(asked: Asked, context: ToolContext) -> Reply:
        attempts.append(asked.what)
        if len(attempts) < 9:
            raise problem
        return await answer(asked, context)

    pipeline: Pipeline = with_probe(harness.environment, probe(failing, **more))
    assert (await called(pipeline)).error is problem
    assert len(attempts) == tries
